"""Shows an error to people or programs; nobody ever sees a traceback."""

from __future__ import annotations

import errno
import re
import tempfile
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode, of_error
from sorasync.cli.terminal.capabilities import colour_wanted
from sorasync.cli.terminal.json_text import json_text
from sorasync.errors import SorasyncError
from sorasync.text import close_match


def show_failure(error: BaseException, args: Sequence[str]) -> int:
    """Print what went wrong and return the exit code. With `--format json` or `--events` it is printed as
    JSON."""
    code = of_error(error)
    try:
        if _shown_as_json(lambda: _error_fields(error, code), args):
            return code
    except OSError as failed:
        # Standard output is full or closed: show the error on standard error.
        error = failed
    with suppress(OSError):
        for line in _error_lines(error):
            click.echo(printable(line), err=True, color=colour_wanted())
    return code


def show_wrong_usage(error: click.ClickException, args: Sequence[str]) -> int:
    """Print what is wrong with a command line, as `show_failure` does."""
    if isinstance(error, click.NoSuchOption):
        # Click compares the dashes as well, and so finds any short word alike.
        word, near = error.option_name.lstrip("-"), error.possibilities or []
        alike = [one for one in near if close_match(word, [one.lstrip("-")])]
        error = click.NoSuchOption(error.option_name, error.message, alike, error.ctx)
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"{context.command_path} --help" if context else None
    if not _shown_as_json(lambda: _failure(ExitCode.USAGE, error.format_message(), hint), args):
        error.show()
    return ExitCode.USAGE


def _shown_as_json(fields: Callable[[], dict[str, object]], args: Sequence[str]) -> bool:
    """Whether the command line asked for JSON, and got it."""
    if "--events" in args:
        click.echo(json_text({"type": "error", **fields()}, None))
        return True
    if _wants_json(args):
        click.echo(json_text(fields()))
        return True
    return False


def printable(text: str) -> str:
    """The text without control characters that a terminal would act on; only colours are let through."""
    bare = _COLOUR.sub("", text)
    if plain_text(bare) is bare:
        return text
    return "".join(part if _COLOUR.fullmatch(part) else plain_text(part) for part in _COLOUR.split(text))


def one_line(text: str) -> str:
    """Words of a server or a manifest for the inside of a line: nothing in them can colour or break it."""
    return plain_text(" ".join(text.split()))


_COLOUR = re.compile(r"(\x1b\[[0-9;]{0,16}m)")


_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def plain_text(text: str) -> str:
    """The text without signs that a terminal would act on, colours included."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(
        c if c in "\n\t" or c.isprintable() or (c in _JOINERS and _joins(before)) else _REPLACEMENT
        for before, c in pairwise(f" {text}")
    )


def _joins(sign: str) -> bool:
    """Whether a joiner may follow a sign: a letter or mark of a script that knows them, or an emoji."""
    return not sign.isascii() and unicodedata.category(sign)[0] in "LMS"


_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def _wants_json(args: Sequence[str]) -> bool:
    return "--format=json" in args or any(pair == ("--format", "json") for pair in pairwise(args))


def _error_lines(error: BaseException) -> list[str]:
    from sorasync.manifest.diagnostic import ManifestError
    from sorasync.plan.policy import PlanRefused

    if isinstance(error, ManifestError):
        from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text

        return [*diagnostics_text(error.diagnostics), "", f"{error.message}; nothing was sent or changed."]
    if isinstance(error, PlanRefused):
        from sorasync.cli.views.plan.refusal_text import refusal_text

        return list(refusal_text(error))
    if isinstance(error, KeyboardInterrupt):
        return ["interrupted"]
    if isinstance(error, SorasyncError):
        head = click.style("error:", fg="red", bold=True)
        hint = [f"  {error.hint}"] if error.hint else []
        return [f"{head} {error.message}", *hint]
    if isinstance(error, OSError) and error.errno in _DISK:
        return _disk(error)
    return _bug(error)


# Errors of the disk or of permissions, which are not bugs.
_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}
)


def _disk(error: OSError) -> list[str]:
    where = f": {error.filename}" if error.filename else ""
    return [
        f"error: {error.strerror or error}{where}",
        "  what was recorded is safe; fix the cause, then run the command again",
    ]


def _bug(error: BaseException) -> list[str]:
    head = f"error: {type(error).__name__}: this is a bug in sorasync"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="sorasync-", suffix=".log", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return [head, "  there was no disk space for the details; the state is safe"]
    return [head, f"  details are in {Path(file.name)}; the state is safe"]


def _error_fields(error: BaseException, code: ExitCode) -> dict[str, object]:
    from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json
    from sorasync.manifest.diagnostic import ManifestError

    message = error.message if isinstance(error, SorasyncError) else type(error).__name__
    found = error.diagnostics if isinstance(error, ManifestError) else []
    if not isinstance(error, SorasyncError) and not isinstance(error, KeyboardInterrupt):
        message = _bug(error)[0]
    hint = error.hint if isinstance(error, SorasyncError) else None
    return _failure(code, message, hint) | {"diagnostics": [diagnostic_json(d) for d in found]}


def _failure(code: ExitCode, message: str, hint: str | None) -> dict[str, object]:
    return {
        "format_version": 1,
        "error": {"code": int(code), "message": message, "hint": hint},
        "diagnostics": [],
    }
