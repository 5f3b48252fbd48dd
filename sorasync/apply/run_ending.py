"""How a run is told to end, for all of its hosts and for each of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sorasync.state.errors import LockLost


@dataclass
class RunEnding:
    """What the hosts of a run share about its end.

    `leaving` is set when nothing may be waited for any more; then every event in `stops` is, too.
    """

    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    # The event of each host that is set when nothing more may be started or sent there.
    stops: list[asyncio.Event] = field(default_factory=list)
    # Whether nothing more may be started or sent at any host.
    stopped: bool = False
    lock_lost: bool = False
    # Whether SIGTERM, not Ctrl-C, stopped the run.
    terminated: bool = False
    # Whether a cap of the whole library kept something from being sent. What is reserved is still sent.
    over_budget: bool = False
    # Why nothing more is sent, by the name of the host that it is true of; all hosts have the name "".
    _reasons: dict[str, str] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        """Whether the run was told to stop."""
        return self.leaving.is_set()

    def interrupt(self) -> None:
        """Stop starting, sending and waiting, at every host."""
        self.stop_sending()
        self.leaving.set()

    def stop_sending(self) -> None:
        """Stop starting and sending at every host; keep following renders in flight."""
        self.stopped = True
        for stop in self.stops:
            stop.set()

    def halt(self, why: str) -> None:
        """Stop starting and sending at every host, and say why."""
        self.note(why)
        self.stop_sending()

    def note(self, why: str, host: str = "") -> None:
        """Remember why a host is sent nothing more: the first reason, and none after one for all hosts."""
        if "" not in self._reasons:
            self._reasons.setdefault(host, why)

    def lose_lock(self, error: LockLost) -> None:
        """Stop starting, sending and following: another run has the lock."""
        self.lock_lost = True
        self.halt(error.message)
        self.interrupt()

    @property
    def reason(self) -> str | None:
        """Why the run sent less than was planned, None where nothing kept it from that."""
        told = (f"{host}: {why}" if host else why for host, why in self._reasons.items())
        return "; ".join(told) or None
