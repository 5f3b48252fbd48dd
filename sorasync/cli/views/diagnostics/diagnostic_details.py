"""What a diagnostic says beside its message, for the forms that other programs show."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.manifest.diagnostic import Diagnostic


def details(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    """The address that it is about, what was expected, and the nearest known name, each with its label."""
    if diagnostic.address:
        yield "in", diagnostic.address
    if diagnostic.expected:
        yield "expected", diagnostic.expected
    if diagnostic.fix:
        yield "nearest", diagnostic.fix


def message_lines(diagnostic: Diagnostic) -> str:
    """The message, and each detail on a line of its own."""
    return "\n".join([diagnostic.message, *(f"{label}: {text}" for label, text in details(diagnostic))])
