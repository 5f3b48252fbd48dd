"""Asks before something is deleted."""

from __future__ import annotations

import sys

import click

from sorasync.errors import SorasyncError


def agreed(question: str, *, what: str) -> bool:
    """Ask yes or no; `what` says what would happen. Raises `SorasyncError` without a terminal."""
    _require_terminal(what)
    return click.confirm(question, default=False, err=True)


def typed(word: str, question: str, *, what: str) -> bool:
    """Ask for a word to be typed; whether it was. Raises like `agreed`."""
    _require_terminal(what)
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer.strip() == word


def _require_terminal(what: str) -> None:
    if not sys.stdin.isatty():
        raise SorasyncError(
            f"this would {what}, and this is not a terminal: pass --yes", hint="nothing was deleted"
        )
