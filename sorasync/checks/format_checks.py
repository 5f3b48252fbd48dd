"""Size, length and frame rate against what was paid for.

Size and length are judged by the same functions as a file that has just come (`sorasync.assets.mismatch`).
"""

from __future__ import annotations

from sorasync.assets.mismatch import length_difference, shown_size, size_difference
from sorasync.assets.mp4 import Mp4Facts
from sorasync.checks.check_result import CheckResult, Verdict, passed, skipped
from sorasync.manifest.check_schema import FpsCheckModel


def check_size(facts: Mp4Facts, size: str | None, tolerance_pct: int) -> CheckResult:
    """The size in pixels."""
    width, height = shown_size(facts)
    if not size or not width:
        return skipped("size", "it is not known what was requested" if width else "the file does not say")
    if (different := size_difference(facts, size, tolerance_pct)) is not None:
        return CheckResult("size", Verdict.FAILED, _with_tolerance(different, tolerance_pct))
    return passed("size", f"{width}x{height}")


def check_seconds(facts: Mp4Facts, seconds: float | None, tolerance_pct: int) -> CheckResult:
    """The length."""
    if not seconds:
        return skipped("seconds", "it is not known what was requested")
    found = facts.duration_seconds
    if (different := length_difference(facts, seconds, tolerance_pct)) is not None:
        message = _with_tolerance(different, tolerance_pct)
        return CheckResult("seconds", Verdict.FAILED, message, found, seconds)
    return passed("seconds", f"{found:.3g} s", found, seconds) if found else skipped("seconds", "unknown")


def _with_tolerance(different: str, tolerance_pct: int) -> str:
    return f"{different}; up to {tolerance_pct}% may differ"


def check_fps(rate: float, settings: FpsCheckModel) -> CheckResult:
    """The frame rate."""
    if settings.least is not None and rate < settings.least:
        message = f"{rate:.2f} frames a second; at least {settings.least:g} are required"
        return CheckResult("fps", Verdict.FAILED, message, rate, settings.least)
    if settings.most is not None and rate > settings.most:
        message = f"{rate:.2f} frames a second; at most {settings.most:g} are allowed"
        return CheckResult("fps", Verdict.FAILED, message, rate, settings.most)
    return passed("fps", f"{rate:.2f} frames a second", rate)
