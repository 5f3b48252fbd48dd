"""The types of the history: runs, events, attempts and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sorasync.state.account import Charge, charge


@dataclass(frozen=True, slots=True)
class Run:
    """One command that changed something or tried to. A run without `ended_at` is running or was killed.

    `outcome` is the word the command ended with (`done`, `pending`, `partial`, `failed` …); `counts`
    how many changes of each action were done. What it spent is not kept with it: a later run may learn what
    a render of this one really cost, so it is asked of the attempts.
    """

    id: int
    command: str
    user: str
    host: str
    pid: int
    started_at: float
    git_commit: str | None = None
    plan_token: str | None = None
    cost_estimate: Decimal | None = None
    ended_at: float | None = None
    outcome: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log, never changed once written.

    The state itself writes `moved`, `amended`, `bound`, `unbound`, `rebound`, `protected`, `unprotected`,
    `superseded`, `preferred`, `forgotten`, `restored`, `overruled`, `backup restored`, `lock broken` and
    `unlocked`; callers add words of their own.
    """

    id: int
    at: float
    what: str
    run: int | None = None
    address: str | None = None
    key: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One paid request for a key. A key may have several, after a failure or a loss.

    `outcome` is the status that the attempt reached, or `unsent` if it turned out that nothing reached
    the provider. `seconds` is what is paid for; `rendered_at` is None unless a video came of it. A
    `simulated` one was made by a provider that bills nothing. `resends` is how often a gateway sent it again
    by itself.
    """

    id: int
    key: str
    at: float
    outcome: str
    run: int | None = None
    address: str | None = None
    provider: str = ""
    remote_id: str | None = None
    estimate_usd: Decimal | None = None
    reported_usd: Decimal | None = None
    seconds: float | None = None
    rendered_at: float | None = None
    simulated: bool = False
    resends: int = 0

    @property
    def charge(self) -> Charge | None:
        """What it counts as, None if it was not billed."""
        return charge(self.outcome, self.estimate_usd, self.reported_usd, self.seconds, self.rendered_at)


@dataclass(frozen=True, slots=True)
class Asset:
    """A downloaded file, by its SHA-256. `of` is the video of a thumbnail or spritesheet."""

    sha256: str
    size: int
    kind: str
    ext: str = ""
    of: str | None = None
