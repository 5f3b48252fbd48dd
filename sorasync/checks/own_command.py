"""Checks of the user's own: a program that looks at a video and prints a number."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sorasync.checks.bare_environment import bare_environment
from sorasync.checks.check_result import CheckResult, Verdict, broken, passed
from sorasync.manifest.check_schema import CommandCheckModel

# Seconds between two looks at whether checking was stopped.
_LOOK = 0.5
# Bytes of output that are read.
_LONGEST = 1 << 16
# Characters of its last error that are shown.
_SHOWN = 200


def run_command(
    name: str,
    settings: CommandCheckModel,
    video: Path,
    prompt: str,
    directory: Path,
    stopped: Callable[[], bool] = lambda: False,
) -> CheckResult:
    """Run a command for one video, in the library's directory, without a shell and without its secrets.

    It is ended soon after `stopped` says so.
    """
    values = {"{video}": str(video), "{prompt}": prompt}
    words = [_filled(word, values) for word in settings.run]
    try:
        process = subprocess.Popen(
            words,
            cwd=directory,
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # With everything that it starts it can be ended.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return broken(name, f"{words[0]!r} cannot be run: {why}")
    try:
        printed = _printed(process, settings.timeout, stopped)
    finally:
        _end(process)
    if printed is None:
        why = "checking was stopped" if stopped() else f"it did not finish within {settings.timeout:g} s"
        return broken(name, why)
    output, errors = printed
    last = _last_line(errors)[:_SHOWN]
    said = f": {last}" if last else ""
    if process.returncode:
        return broken(name, f"it ended with exit code {process.returncode}{said}")
    number = _number(output)
    if number is None:
        return broken(name, f"the last line of its output is not a number{said}")
    return _judged(name, number, settings)


def _printed(
    process: subprocess.Popen[bytes], timeout: float, stopped: Callable[[], bool]
) -> tuple[bytes, bytes] | None:
    """Its output and its errors until it ends, None where it does not end in time."""
    until = time.monotonic() + timeout
    while not stopped():
        left = until - time.monotonic()
        try:
            return process.communicate(timeout=max(0.0, min(left, _LOOK)))
        except subprocess.TimeoutExpired:
            if left <= 0:
                break
    return None


def _filled(word: str, values: dict[str, str]) -> str:
    """One argument with its placeholders; what they bring in is not looked through again."""
    for placeholder, value in values.items():
        if word == placeholder:
            return value
    head, mark, rest = word.partition("{video}")
    return f"{head}{values['{video}']}{rest}" if mark else word


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group: a program may leave others behind."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _last_line(output: bytes) -> str:
    """The last line with something in it."""
    lines = output[-_LONGEST:].decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _number(output: bytes) -> float | None:
    try:
        number = float(_last_line(output))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _judged(name: str, number: float, settings: CommandCheckModel) -> CheckResult:
    if settings.least is not None and number < settings.least:
        message = f"{number:g}; at least {settings.least:g} is required"
        return CheckResult(name, Verdict.FAILED, message, number, settings.least)
    if settings.most is not None and number > settings.most:
        message = f"{number:g}; at most {settings.most:g} is allowed"
        return CheckResult(name, Verdict.FAILED, message, number, settings.most)
    return passed(name, f"{number:g}", number)
