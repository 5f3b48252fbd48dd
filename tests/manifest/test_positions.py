"""Positions agree with a writer that notes where it puts everything."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from sorasync.toml.positions import Positions, Span, TomlPath

NAMES = st.sampled_from(["a", "b-c", "été", "with blank", "d.e", '"', "z"])
SCALARS = st.sampled_from(
    ["1", '"x"', "true", '"naïve — 日本"', "'lit'", "1979-05-27", '"a\\"b"', "[]", "{}"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@dataclass
class Writer:
    """Writes TOML and notes the span of every key and value."""

    line: int = 1
    column: int = 1
    text: str = ""
    keys: dict[TomlPath, Span] = field(default_factory=dict)
    values: dict[TomlPath, Span] = field(default_factory=dict)

    def put(self, text: str) -> Span:
        start = self.column
        self.text += text
        if text.endswith("\n"):
            self.line, self.column = self.line + 1, 1
        else:
            self.column += len(text)
        return Span(self.line, start, self.column)

    def key(self, path: TomlPath) -> Span:
        name = str(path[-1])
        bare = name.isascii() and name.replace("-", "").isalnum()
        quoted = name.replace('"', '\\"')
        return self.put(name if bare else f'"{quoted}"')

    def pair(self, path: TomlPath, value: object) -> None:
        self.keys[path] = self.key(path)
        self.put(" = ")
        self.value(path, value)

    def value(self, path: TomlPath, value: object) -> None:
        line, start = self.line, self.column
        if isinstance(value, list):
            self.put("[")
            for index, inner in enumerate(value):
                self.value((*path, index), inner)
                self.put(", ")
            self.put("]")
        elif isinstance(value, dict):
            self.put("{")
            for index, (name, inner) in enumerate(value.items()):
                self.put(", " if index else " ")
                self.pair((*path, name), inner)
            self.put(" }")
        else:
            self.put(str(value))
        self.values[path] = Span(line, start, self.column)

    def header(self, path: TomlPath, index: int | None) -> TomlPath:
        line, start = self.line, self.column
        self.put("[[" if index is not None else "[")
        for end in range(1, len(path) + 1):
            self.put("." if end > 1 else "")
            span = self.key(path[:end])
        self.put("]]" if index is not None else "]")
        here = path if index is None else (*path, index)
        self.keys[here], self.values[here] = span, Span(line, start, self.column)
        self.put("\r\n" if start % 2 else "\n")
        return here


TABLES = st.dictionaries(
    st.tuples(NAMES, NAMES),
    st.tuples(st.integers(0, 2), st.dictionaries(NAMES, VALUES, max_size=3)),
    max_size=4,
)


@given(TABLES)
def test_every_key_and_value_is_found_where_it_was_written(
    tables: dict[tuple[str, str], tuple[int, dict[str, object]]],
) -> None:
    writer = Writer()
    for path, (repeats, pairs) in tables.items():
        for index in range(max(repeats, 1)):
            here = writer.header(path, index if repeats else None)
            for name, value in pairs.items():
                writer.pair((*here, name), value)
                writer.put("  # ünter\n")
    positions = Positions(writer.text)
    assert {path: positions.span(path, key=True) for path in writer.keys} == writer.keys
    assert {path: positions.span(path) for path in writer.values} == writer.values


def test_what_is_not_there_gives_the_key_of_its_nearest_parent() -> None:
    positions = Positions("[clips.a]\nsteps = [{ edit = 'e' }]\n")
    assert positions.span(("clips", "a", "steps", 0, "seconds")) == Span(2, 10, 24)
    assert positions.span(("clips", "a", "none", 3)) == Span(1, 8, 9)
    assert positions.span(("nothing",)) == Span(1, 1, 1)


def test_dotted_keys_and_implied_tables_have_places() -> None:
    positions = Positions("clips.a.prompt = 'x'\n[x.y.z]\nb.c = 1\n")
    assert positions.span(("clips", "a"), key=True) == Span(1, 7, 8)
    assert positions.span(("clips", "a", "prompt"), key=True) == Span(1, 9, 15)
    assert positions.span(("x", "y"), key=True) == Span(2, 4, 5)
    assert positions.span(("x", "y", "z", "b", "c")) == Span(3, 7, 8)


def test_a_value_over_several_lines_ends_with_its_first() -> None:
    assert Positions('a = """one\ntwo"""\n').span(("a",)) == Span(1, 5, 11)


def test_a_part_of_a_value_is_found_on_its_own_line() -> None:
    positions = Positions('a = """\none {{ x }}\n{{ y }}"""\nb = "{{ y }}"\n')
    assert positions.find(("a",), r"\{\{ y \}\}") == Span(3, 1, 8)
    assert positions.find(("b",), r"\{\{ y \}\}") == Span(4, 6, 13)
    assert positions.find(("b",), "nothing") == Span(4, 5, 14)


def test_keys_that_stand_twice_are_listed_without_what_is_inside() -> None:
    positions = Positions("[a]\nx = 1\n[b]\nx = 1\nx = 2\n[a]\nx = 3\n")
    assert positions.duplicates == [(("b", "x"), Span(5, 1, 2)), (("a",), Span(6, 2, 3))]
