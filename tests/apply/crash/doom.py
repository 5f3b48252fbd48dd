"""When and how a process ends itself: at a step at which none has died, or at one of a given number."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Doom(Protocol):
    """What decides at each step whether a signal comes now."""

    def at(self, step: str, number: int) -> signal.Signals | None:
        """The signal that comes at this step, which is the `number`th of the process, from 1."""


@dataclass
class AtNewStep:
    """Dies at the first step at which fewer than `deaths` processes have died, whoever they are.

    `claims` is a directory with a file for every death.
    """

    claims: Path
    deaths: int = 1
    _seen: set[str] = field(default_factory=set)

    def at(self, step: str, number: int) -> signal.Signals | None:
        """SIGKILL at a new step."""
        if step in self._seen:
            return None
        self._seen.add(step)
        name = hashlib.sha256(step.encode()).hexdigest()[:16]
        for death in range(self.deaths):
            try:
                with (self.claims / f"{name}.{death}").open("x") as file:
                    file.write(step)
            except FileExistsError:
                continue
            return signal.SIGKILL
        return None


@dataclass(frozen=True)
class AtNumbers:
    """Sends itself signals at steps of given numbers."""

    signals: Sequence[tuple[int, signal.Signals]]

    def at(self, step: str, number: int) -> signal.Signals | None:
        """The signal for that number."""
        return next((one for wanted, one in self.signals if wanted == number), None)


@dataclass
class AtStep:
    """Sends itself a signal at the first step whose name begins so."""

    name: str
    sent: signal.Signals
    _done: bool = False

    def at(self, step: str, number: int) -> signal.Signals | None:
        """The signal, once."""
        if self._done or not step.startswith(self.name):
            return None
        self._done = True
        return self.sent


@dataclass(frozen=True)
class AnyOf:
    """Several ways to be sent a signal, whichever comes first."""

    dooms: Sequence[Doom]

    def at(self, step: str, number: int) -> signal.Signals | None:
        """The first signal that one of them sends."""
        return next((one for doom in self.dooms if (one := doom.at(step, number)) is not None), None)


def died_at(claims: Path) -> frozenset[str]:
    """The steps at which processes have died."""
    return frozenset(path.read_text() for path in claims.iterdir())


def signal_myself(number: signal.Signals) -> None:
    """Send a signal to this process, which it meets before it goes on."""
    os.kill(os.getpid(), number)
