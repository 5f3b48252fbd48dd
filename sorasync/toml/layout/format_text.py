"""A manifest's text in its one layout."""

from __future__ import annotations

from typing import Any

from sorasync.toml.layout.align import written
from sorasync.toml.layout.output_lines import lines
from sorasync.toml.layout.tokens import tokens
from sorasync.toml.layout.tree import Unfamiliar, statements
from sorasync.toml.parse import TomlError, parse


class FormatError(Exception):
    """The text cannot be laid out without changing its meaning: a fault of the formatter."""


def format_text(text: str) -> str:
    """The text laid out; the same text again gives the same. Raises `TomlError` for faulty syntax.

    Order, comments, multi-line strings, and whether an array stands on one line or several, stay as they
    are. The result is read back: values or comments that differ raise `FormatError`.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    values = parse(plain)
    try:
        formatted = "\n".join(written(lines(statements(plain)))) + "\n"
    except Unfamiliar as error:
        raise FormatError(str(error)) from error
    if formatted == "\n":
        formatted = ""
    if formatted != plain:
        _verify(plain, values, formatted)
    return formatted


def _verify(plain: str, values: dict[str, Any], formatted: str) -> None:
    # Compared as written out: NaN does not equal itself, and the order of keys is the author's.
    try:
        read_back = parse(formatted)
    except TomlError as error:
        raise FormatError("it would no longer be TOML") from error
    if repr(read_back) != repr(values):
        raise FormatError("its values would have changed")
    if _comments(plain) != _comments(formatted):
        raise FormatError("its comments would have changed")


def _comments(text: str) -> list[str]:
    return [token.text.rstrip() for token in tokens(text) if token.kind == "comment"]
