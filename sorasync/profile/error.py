"""`ProfileError`, and the faults it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sorasync.errors import SorasyncError
from sorasync.text import counted


@dataclass(frozen=True, slots=True)
class ProfileFault:
    """One field that is wrong: its path in the profile's tables and one sentence without the field's name.

    `expected` is what is allowed and `fix` the nearest right spelling, None where there is none. `unknown`:
    there is no such field, and the sentence, if any, says why. `secret`: its value may hold a key and must
    not be shown.
    """

    path: tuple[str, ...]
    message: str
    expected: str | None = None
    fix: str | None = None
    unknown: bool = False
    secret: bool = False

    @property
    def sentence(self) -> str:
        """The fault with the name of its field."""
        field = ".".join(self.path) or "the profile"
        if not self.unknown:
            return f"{field}: {self.message}"
        return f"there is no field {field}" + (f": {self.message}" if self.message else "")


class ProfileError(SorasyncError):
    """A profile that does not exist or is invalid; the message names every faulty field.

    `faults` has them one by one; it is empty where the profile could not be read at all.
    """

    def __init__(self, message: str, *, hint: str | None = None, faults: Sequence[ProfileFault] = ()) -> None:
        super().__init__(message, hint=hint)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, where: str, faults: Sequence[ProfileFault]) -> ProfileError:
        """The error of a profile called `where` with these faults, at least one."""
        if len(faults) > 1:
            lines = [f"{where}: {counted(len(faults), 'fault')}", *map(_fault_line, faults)]
            return cls("\n  ".join(lines), faults=faults)
        (only,) = faults
        allowed = f"; allowed are {only.expected}" if only.unknown and only.expected else ""
        hint = f'did you mean "{only.fix}"?' if only.fix else None
        return cls(f"{where}: {only.sentence}{allowed}", hint=hint, faults=faults)


def _fault_line(fault: ProfileFault) -> str:
    return fault.sentence + (f'; did you mean "{fault.fix}"?' if fault.fix else "")
