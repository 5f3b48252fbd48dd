"""Better messages for common TOML mistakes than the parser's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

_YES: Final = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_CURLY: Final = str.maketrans("“”„«»‘’‚", '"""""\'\'\'')
_ANY_CURLY = "“”„«»‘’‚"
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(\s|$)")
_OTHER_COMMENT = re.compile(r"\s*(//|/\*|--|;)\s?")
_KEY = re.compile(r"\s*([\w.-]+)\s*")
_WORD = re.compile(r"[^\s,\]}#]+")
_NOTHING = re.compile(r"\s*(#.*)?$")
_LONGEST_FIX = 60


class Mistake(NamedTuple):
    """A sentence, what belongs there, and the text that would be right."""

    message: str
    expected: str | None = None
    fix: str | None = None


class _Place(NamedTuple):
    """What stands on the line before the fault and from it on."""

    before: str
    rest: str

    @property
    def key(self) -> str | None:
        """The key that the line begins with."""
        found = _KEY.match(self.before)
        return found[1] if found else None


def mistake(message: str, line: str, column: int) -> Mistake | None:
    """The probable mistake in a line, from the parser's message and the 0-based place of the fault.

    None where nobody can say it better than the parser.
    """
    if _CONFLICT.match(line):
        return Mistake(
            "an unresolved merge conflict is here", "one of the two sides, without the conflict markers"
        )
    explain = _EXPLAIN.get(message)
    return explain(_Place(line[:column], line[column:])) if explain else None


def _value_hint(place: _Place) -> Mistake | None:
    """A value that is neither quoted nor a number."""
    rest = place.rest
    if not rest.strip():
        return Mistake("a value is missing", "a value after `=`")
    if rest[0] in _ANY_CURLY:
        return Mistake(f"`{rest[0]}` is not a TOML quote", '`"`', _proposable(rest.strip().translate(_CURLY)))
    word = _WORD.match(rest)
    if word is not None and word[0].lower() in _YES:
        return Mistake(f"`{word[0]}` is not a TOML value", "true or false", _YES[word[0].lower()])
    inside = place.before.rstrip()[-1:] in ("[", ",", "{")
    text = (word[0] if word and inside else re.sub(r"\s+#.*", "", rest)).strip().rstrip(",;")
    fix = None if '"' in text or (text[:1].isdigit() and " " in text) else _proposable(f'"{text}"')
    return Mistake("a string must be in quotes", 'a string in `"`, or a number', fix)


def _bool(place: _Place) -> Mistake | None:
    word = _WORD.match(place.rest)
    if word is not None and word[0].lower() in _YES:
        return Mistake(f"`{word[0]}` is not a TOML value", "true or false", _YES[word[0].lower()])
    return _value_hint(place)


def _float(place: _Place) -> Mistake | None:
    if re.match(r"(?i)(none|null|nil|nan|inf)", place.rest):
        return Mistake("TOML has no empty value", "a value, or the key left out")
    return _value_hint(place)


def _text_hint(place: _Place) -> Mistake | None:
    """A string that ends with its line, or contains a forbidden character."""
    if not place.rest.strip():
        return Mistake(
            "the string is not closed on its line", '`"` at its end, or `"""` around a text of several lines'
        )
    if not place.rest[0].isprintable():
        code = ord(place.rest[0])
        return Mistake(f"a string cannot contain the control character U+{code:04X}", "a string without it")
    return None


def _literal(place: _Place) -> Mistake | None:
    if place.rest.strip():
        return None
    return Mistake("the string is not closed on its line", "`'` at its end, or `\"` around it")


def _escape(place: _Place) -> Mistake | None:
    sign = place.rest[:1]
    if not sign.strip() or sign == '"':
        return None
    return Mistake(
        f"`\\{sign}` is not an escape sequence",
        "`\\\\` for a backslash, or `'` instead of `\"` around the string",
    )


def _assignment(place: _Place) -> Mistake | None:
    """A key without `=` behind it."""
    line = place.before + place.rest
    comment = _OTHER_COMMENT.match(line)
    if comment is not None:
        return Mistake("a comment begins with `#`", "`#`", _proposable(f"# {line[comment.end() :].strip()}"))
    key = place.key
    if key is None:
        return None
    value = line[line.index(key) + len(key) :].lstrip(" :=")
    if ":" in (place.before.rstrip()[-1:], place.rest[:1]):
        fix = _proposable(f"{key} = {value.strip()}") if value.strip() else f"[{key}]"
        return Mistake("`:` is used where `=` belongs", "`=`", fix)
    if value[:1] in ('"', "'", "[", "{") or value[:1].isdigit():
        return Mistake(f"`=` is missing after `{key}`", "`=`", _proposable(f"{key} = {value.strip()}"))
    if _NOTHING.match(place.rest):
        return Mistake(f"`{key}` has no value", f"{key} = …")
    return None


def _behind(place: _Place) -> Mistake | None:
    """Something behind a value that is complete."""
    before, rest = place.before.rstrip(), place.rest.lstrip()
    if rest[:1] in (",", ";"):
        return Mistake(f"`{rest[0]}` cannot follow a value", "each key on a line of its own")
    if rest.startswith("="):
        return Mistake("two keys are on one line", "each key on a line of its own")
    if _OTHER_COMMENT.match(rest):
        return Mistake("a comment begins with `#`", "`#`")
    if before.endswith('"') and rest[:1] not in ("]", "}"):
        return Mistake(
            'the string ends here, at its second `"`',
            "`\\\"` for a quote inside of it, or `'` around the string",
        )
    if before.endswith("'") and rest[:1] not in ("]", "}"):
        value = f"{place.before.partition('=')[2]}{place.rest}".strip()
        inside = value[1:-1] if value.endswith("'") and len(value) > 1 else ""
        fix = _proposable(f'"{inside}"') if inside and '"' not in inside and "\\" not in inside else None
        return Mistake("the string ends here, at its second `'`", "`\"` around a text that holds `'`", fix)
    return None


def _header(place: _Place) -> Mistake | None:
    """A table's name that is not closed."""
    name = place.before.lstrip("[ ")
    tail = re.match(r"\s+([\w -]+?)\s*(\]+)", place.rest)
    if tail is None:
        return None
    brackets = "[" * (len(place.before) - len(place.before.lstrip("[")))
    joined = re.sub(r"\s+", "-", tail[1].strip())
    return Mistake(
        "a name cannot contain a space", "a name in one piece", f"{brackets}{name}-{joined}{tail[2]}"
    )


def _key_hint(place: _Place) -> Mistake | None:
    word = re.match(r"[^\s=.\]]+", place.rest)
    if word is None or not any(character.isalpha() for character in word[0]):
        return None
    return Mistake(f"`{word[0]}` needs quotes", "letters a to z, digits, `-`, `_`")


def _zero(place: _Place) -> Mistake | None:
    word = re.match(r"0+(\d[\d.]*)", place.rest)
    return Mistake("a number cannot begin with 0", "the number without it", word[1]) if word else None


def _pair_hint(place: _Place) -> Mistake | None:
    if place.rest[:1] == "{" and not place.before.strip():
        return Mistake("the file is not TOML: it begins like JSON", "[clips.NAME] and keys below it")
    return None


_EXPLAIN: Final[dict[str, Callable[[_Place], Mistake | None]]] = {
    "string values must be quoted": _value_hint,
    "invalid boolean": _bool,
    "invalid float": _float,
    "invalid basic string": _text_hint,
    "invalid literal string": _literal,
    "missing escaped value": _escape,
    "key with no value": _assignment,
    "unexpected key or value": _behind,
    "unclosed table": _header,
    "invalid unquoted key": _key_hint,
    "unexpected leading zero": _zero,
    "invalid key-value pair": _pair_hint,
}


def _proposable(text: str) -> str | None:
    """The text, None where it is too long to be read as a proposal."""
    return text if len(text) <= _LONGEST_FIX else None


_TOKEN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"""|\'\'\'[\s\S]*?\'\'\'|(?P<open>"""|\'\'\')'
    r"|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|(?P<bracket>[\[\]{}])"
)
_CLOSES: Final = {"]": "[", "}": "{"}


def unclosed(text: str, end: int) -> tuple[int, str] | None:
    """The offset and sign of the innermost bracket or triple quote that is open at `end`, None if none is."""
    stack: list[tuple[int, str]] = []
    for token in _TOKEN.finditer(text, 0, end):
        if token["open"]:
            return token.start(), token["open"]
        sign = token["bracket"]
        if sign in _CLOSES:
            if stack and stack[-1][1] == _CLOSES[sign]:
                stack.pop()
        elif sign:
            stack.append((token.start(), sign))
    return stack[-1] if stack else None
