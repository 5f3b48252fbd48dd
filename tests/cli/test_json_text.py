"""JSON as it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from sorasync.cli.terminal.json_text import json_lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=5))
def test_lines_are_the_same_data(data: dict[str, object]) -> None:
    assert json.loads("\n".join(json_lines(data))) == data


@given(st.lists(st.integers(), max_size=4))
def test_an_iterator_is_an_array_with_an_element_a_line(numbers: list[int]) -> None:
    lines = list(json_lines({"before": 1, "changes": map(str, numbers), "after": [2]}))
    assert json.loads("\n".join(lines)) == {"before": 1, "changes": [str(n) for n in numbers], "after": [2]}
    assert sum(line.startswith("    ") for line in lines) == len(numbers) + 1


def test_elements_are_made_as_they_are_written() -> None:
    made: list[int] = []

    def elements() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number

    lines = json_lines({"changes": elements()})
    assert next(lines) == "{"
    assert made == []
