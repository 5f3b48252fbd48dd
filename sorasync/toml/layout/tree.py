"""The statements of a TOML text, with every comment where the author put it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sorasync.toml.layout.tokens import Token, tokens

_ESCAPES = re.compile(r"\\(.)", re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}


class Unfamiliar(ValueError):
    """The text passed the parser and is written in a way that this reader does not know."""


@dataclass(slots=True)
class Remark:
    """A comment. `gap` and `column` tell where it stood when it ended a line; `gap` is None on its own line.

    `blank`: an empty line came before it.
    """

    text: str
    gap: int | None = None
    column: int = 0
    blank: bool = False


@dataclass(slots=True)
class ArrayItem:
    """An element of an array or inline table, the comments above it and the one behind it."""

    value: Value
    key: str = ""
    above: list[Remark] = field(default_factory=list)
    remark: Remark | None = None
    blank: bool = False


@dataclass(slots=True)
class BracketGroup:
    """An array or inline table. `broken`: the author spread it over lines. `below`: comments at its end."""

    opening: str
    items: list[ArrayItem] = field(default_factory=list)
    broken: bool = False
    remark: Remark | None = None
    below: list[Remark] = field(default_factory=list)


Value = str | BracketGroup


@dataclass(slots=True)
class Statement:
    """A table's header (`path` is its name in parts), a pair (`value` is set), or a comment on its own."""

    code: str = ""
    path: tuple[str, ...] = ()
    value: Value | None = None
    remark: Remark | None = None
    blank: bool = False

    @property
    def is_comment(self) -> bool:
        """Whether it is nothing but a comment."""
        return not self.code

    @property
    def is_table(self) -> bool:
        """Whether it is a table's header."""
        return bool(self.code) and self.value is None


def statements(text: str) -> Iterator[Statement]:
    """The statements of a valid TOML text with `\\n` line ends, in order."""
    return _Reader(text).statements()


class _Reader:
    """Walks the tokens once, one ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._next: Token | None = next(self._tokens, None)

    def _take(self) -> Token:
        token = self._next
        if token is None:
            raise Unfamiliar("a statement does not end")
        self._next = next(self._tokens, None)
        return token

    def _is(self, *texts: str) -> bool:
        return self._next is not None and self._next.kind == "mark" and self._next.text in texts

    def statements(self) -> Iterator[Statement]:
        blank = False
        while self._next is not None:
            if self._next.kind == "newline":
                self._take()
                blank = True
                continue
            found = self._statement()
            found.blank = blank
            found.remark = self._remark() or found.remark
            if self._next is not None:
                self._take()
            yield found
            blank = False

    def _statement(self) -> Statement:
        if self._next is not None and self._next.kind == "comment":
            return Statement(remark=Remark(self._take().text.rstrip()))
        if self._is("["):
            return self._header()
        key, path = self._key()
        self._take()
        return Statement(key, path, self._value())

    def _header(self) -> Statement:
        marks = 0
        while self._is("["):
            self._take()
            marks += 1
        key, path = self._key()
        while self._is("]"):
            self._take()
        return Statement("[" * marks + key + "]" * marks, path)

    def _key(self, above: list[Remark] | None = None) -> tuple[str, tuple[str, ...]]:
        """A key as written without blanks, and its parts.

        Inside an inline table it may be spread over lines; `above` takes the comments between them.
        """
        written, parts = "", []
        while self._next is not None and not self._is("=", "]"):
            if above is not None and self._next.kind in ("newline", "comment"):
                self._skip_lines(above)
                continue
            token = self._take()
            text = quoted(token.text) if token.kind == "string" else token.text
            parts += [text] if token.kind == "string" else [part for part in text.split(".") if part]
            written += text
        return written, tuple(parts)

    def _value(self) -> Value:
        if self._is("[", "{"):
            return self._group()
        token = self._take()
        if token.kind == "string":
            return quoted(token.text)
        text = token.text
        while self._next is not None and self._next.kind == "bare":
            # A date and its time may be parted by a blank.
            text += f" {self._take().text}"
        return text

    def _group(self) -> BracketGroup:
        group = BracketGroup(self._take().text)
        above: list[Remark] = []
        lines = 0
        while not self._is(_CLOSING[group.opening]):
            if self._next is None:
                raise Unfamiliar(f"`{group.opening}` is not closed")
            if self._next.kind == "newline":
                group.broken = True
                lines += 1
                self._take()
            elif self._next.kind == "comment":
                self._comment(group, above, lines)
                lines = 0
            elif self._is(","):
                self._take()
            else:
                group.items.append(self._item(group.opening, above, lines > 1))
                group.broken |= bool(above)
                above, lines = [], 0
        self._take()
        group.below = above
        return group

    def _comment(self, group: BracketGroup, above: list[Remark], lines: int) -> None:
        owner = group.items[-1] if group.items else group
        if lines == 0 and not above and owner.remark is None:
            owner.remark = self._remark()
        else:
            above.append(Remark(self._take().text.rstrip(), blank=lines > 1))

    def _item(self, opening: str, above: list[Remark], blank: bool) -> ArrayItem:
        key = ""
        if opening == "{":
            self._skip_lines(above)
            key, _ = self._key(above)
            self._take()
            self._skip_lines(above)
        return ArrayItem(self._value(), key, above, blank=blank)

    def _skip_lines(self, above: list[Remark]) -> None:
        """Go on to the next token of an inline table, which may stand on a later line."""
        while self._next is not None and self._next.kind in ("newline", "comment"):
            token = self._take()
            if token.kind == "comment":
                above.append(Remark(token.text.rstrip()))

    def _remark(self) -> Remark | None:
        """The comment that ends this line, if one does."""
        if self._next is None or self._next.kind != "comment":
            return None
        token = self._take()
        return Remark(token.text.rstrip(), token.gap, token.column)


def quoted(text: str) -> str:
    """A one-line string in basic quotes, or in literal ones where these spare it every escape.

    Only the way it is written changes. Escapes other than `\\"` and `\\\\` stay, and the quotes with them.
    """
    inner = text[1:-1]
    if text[0] == "'":
        return text if '"' in inner or "\\" in inner else f'"{inner}"'
    if "\\" not in inner or "'" in inner:
        return text
    if any(escaped not in '"\\' for escaped in _ESCAPES.findall(inner)):
        return text
    return "'" + _ESCAPES.sub(r"\1", inner) + "'"
