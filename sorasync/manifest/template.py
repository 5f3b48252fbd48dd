"""Placeholders: `{{ name }}` in the strings of a declaration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sorasync.manifest.faults import Fault
from sorasync.manifest.suggest import listed, nearest, shown
from sorasync.toml.positions import Span, TomlPath

_PLACEHOLDER = re.compile(
    r"""\{\{[ \t]*(?:(?:'\{\{'|"\{\{")[ \t]*\}\}|([^{}\n]*?)[ \t]*(?:\}\}|(?=[{}\n]|\Z)))"""
)
# Most placeholder errors to report for one text, which may have a hundred thousand.
_MOST_PROBLEMS = 20
_WHOLE = re.compile(r"\s*\{\{[ \t]*([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\}\}\s*")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

# Said where a placeholder has no meaning: the writer may have wanted the braces themselves.
_TWO_BRACES = "{{ '{{' }} for two braces"


@dataclass(frozen=True, slots=True)
class Problem:
    """A placeholder that cannot be filled: where in the declaration, its text and offset, and why."""

    path: TomlPath
    offset: int
    text: str
    name: str
    why: str

    def fault(
        self,
        file: str,
        path: TomlPath,
        scope: Mapping[str, object],
        address: str | None = None,
        span: Span | None = None,
    ) -> Fault:
        """The fault at that place of a file; `scope` has the variables."""
        if self.why == "undefined":
            message = f"variable `{self.name}` is not defined"
            expected = listed(scope) if scope else f"no variables are defined here; write {_TWO_BRACES}"
            fix = nearest(self.name, scope)
        elif self.why == "array":
            message, fix = f"variable `{self.name}` is an array and cannot be part of a string", None
            expected = "a string, a number or a boolean"
        else:
            message = f"{shown(self.text.strip())} is not a placeholder"
            expected = f"{{{{ name }}}}, a name of letters, digits, - and _, or {_TWO_BRACES}"
            fix = None
        return Fault(
            "S106",
            message,
            file,
            path,
            expected,
            fix,
            address,
            within=re.escape(self.text.strip()),
            span=span,
        )


def has_placeholders(value: object) -> bool:
    """Whether any string inside the value, except keys, contains `{{`."""
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, dict):
        return any(has_placeholders(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_placeholders(inner) for inner in value)
    return False


def substitute(value: Any, scope: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """The value with every placeholder filled from `scope`, as a copy where something changed.

    A string that is only a placeholder becomes the variable's value. `{{ '{{' }}` is two braces
    as they are. What cannot be filled stays and is listed as a problem. Inserted values are not searched
    at again.
    """
    problems: list[Problem] = []
    return _filled_value(value, scope, (), problems), problems


def render(text: str, scope: Mapping[str, Any]) -> tuple[str, list[Problem]]:
    """A text with every placeholder filled in as text."""
    problems: list[Problem] = []
    return _filled_text(text, scope, (), problems), problems


def variable_faults(
    variables: Mapping[str, object], file: str, path_of: Callable[[str], TomlPath]
) -> Iterator[Fault]:
    """What is wrong with a table of variables beyond the types: names, and placeholders inside values."""
    for name, value in variables.items():
        if not NAME.fullmatch(name):
            yield Fault(
                "S116",
                f"`{name[:60]}` cannot be the name of a variable",
                file,
                path_of(name),
                "letters, digits, - and _, a letter first",
                on_key=True,
            )
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and _WHOLE.search(text):
                yield Fault(
                    "S106",
                    f"variable `{name}` contains a placeholder itself",
                    file,
                    path_of(name),
                    "a plain value: variables are not built from variables",
                )


def as_text(value: object) -> str:
    """A variable inside a text: `true` and `false` for booleans, numbers as Python writes them."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _filled_value(value: Any, scope: Mapping[str, Any], path: TomlPath, problems: list[Problem]) -> Any:
    if isinstance(value, str):
        if "{{" not in value:
            return value
        whole, pieces = _pieces(value)
        if whole is not None and whole in scope:
            found = scope[whole]
            return list(found) if isinstance(found, list) else found
        return _joined(pieces, scope) or _filled_text(value, scope, path, problems)
    if isinstance(value, dict):
        return {
            key: inner if _ignored(key, path) else _filled_value(inner, scope, (*path, key), problems)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_filled_value(inner, scope, (*path, index), problems) for index, inner in enumerate(value)]
    return value


# A manifest of rows fills the same few texts thousands of times.
@lru_cache(maxsize=256)
def _pieces(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The variable that a text consists of, None for any other; its literal parts with the names between.

    No parts where a placeholder is no plain name: `_filled_text` says what is wrong with it.
    """
    whole = _WHOLE.fullmatch(text)
    pieces, end = [], 0
    for match in _PLACEHOLDER.finditer(text):
        if match[1] is None or not match[0].endswith("}}") or not NAME.fullmatch(match[1]):
            return None, ()
        pieces += [text[end : match.start()], match[1]]
        end = match.end()
    return whole[1] if whole else None, (*pieces, text[end:])


def _joined(pieces: tuple[str, ...], scope: Mapping[str, Any]) -> str | None:
    """The filled text, None where a variable is missing or cannot stand in a text."""
    made = list(pieces)
    for at in range(1, len(made), 2):
        value = scope.get(made[at])
        if isinstance(value, str):
            made[at] = value
        elif value is None or isinstance(value, list | dict):
            return None
        else:
            made[at] = as_text(value)
    return "".join(made) if made else None


def _ignored(key: str, path: TomlPath) -> bool:
    return key.startswith("x-") and "params" not in path


def _filled_text(text: str, scope: Mapping[str, Any], path: TomlPath, problems: list[Problem]) -> str:
    known = len(problems)

    def put(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "{{"
        if not match[0].endswith("}}") or not NAME.fullmatch(name):
            why = "malformed"
        elif name not in scope:
            why = "undefined"
        elif isinstance(scope[name], list | dict):
            why = "array"
        else:
            return as_text(scope[name])
        if len(problems) < known + _MOST_PROBLEMS:
            problems.append(Problem(path, match.start(), match[0], name, why))
        return match[0]

    return _PLACEHOLDER.sub(put, text) if "{{" in text else text
