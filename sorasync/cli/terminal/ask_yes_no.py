"""Asks before something is deleted, or taken for right.

Only a terminal is asked, and only where it shows what the question is about: JSON asks nothing.
"""

from __future__ import annotations

import sys

import click

from sorasync.errors import SorasyncError


def agreed(question: str, *, what: str, json: bool) -> bool:
    """Ask yes or no; `what` says what would happen. Raises `SorasyncError` where nobody can be asked."""
    _require_reader(what, json=json)
    return click.confirm(question, default=False, err=True)


def typed(word: str, question: str, *, what: str, json: bool) -> bool:
    """Ask for a word to be typed; whether it was. Raises like `agreed`."""
    _require_reader(what, json=json)
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer.strip() == word


def _require_reader(what: str, *, json: bool) -> None:
    reason = "JSON output asks nothing" if json else "this is not a terminal"
    if json or not sys.stdin.isatty():
        raise SorasyncError(f"this would {what}, and {reason}: pass --yes", hint="nothing was changed")
