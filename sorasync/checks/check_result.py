"""How one check of one video ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

# Raised with every change of what a check measures or of how it judges: earlier results are not used then.
VERSION = 2


class Verdict(StrEnum):
    """Passed or failed; skipped where there is nothing to check; error where it could not be checked."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One verdict. `message` is a clause; `measured` and `allowed` are in the unit that it names.

    `at` and `until` are seconds from the first frame, `frame` is the number of the frame at `at`, from 0.
    """

    check: str
    verdict: Verdict
    message: str
    measured: float | None = None
    allowed: float | None = None
    at: float | None = None
    until: float | None = None
    frame: int | None = None

    def fields(self) -> dict[str, Any]:
        """As plain data, numbers rounded to what they are good for."""
        found = asdict(self)
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}

    @classmethod
    def of_fields(cls, fields: Mapping[str, Any]) -> CheckResult:
        """The result of such data. Raises `KeyError`, `TypeError` or `ValueError` for any other."""
        return cls(**{**fields, "verdict": Verdict(fields["verdict"])})


def passed(
    check: str, message: str, measured: float | None = None, allowed: float | None = None
) -> CheckResult:
    """A check that found nothing."""
    return CheckResult(check, Verdict.PASSED, message, measured, allowed)


def skipped(check: str, why: str) -> CheckResult:
    """A check that has nothing to look at."""
    return CheckResult(check, Verdict.SKIPPED, why)


def broken(check: str, why: str) -> CheckResult:
    """A check that could not be carried out."""
    return CheckResult(check, Verdict.ERROR, why)


def place(at: float, frame: int) -> str:
    """Where in a video something is, for a sentence."""
    return f"{at:.2f} s (frame {frame})"
