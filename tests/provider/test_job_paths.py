"""Reading by a path and writing a body: plain walks that never fail on what a server or a person wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.profile.answer_path import AnswerPath, Step, parse_path
from sorasync.provider.find_path import Answer
from sorasync.provider.write_body import FileValue, Unwritable, merged_tree, values_in, write_body

NAMES = st.sampled_from(["a", "b", "id", "url", "type", "video"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)
STEPS = st.lists(
    st.builds(Step, st.just("name"), NAMES | st.just("{id}"))
    | st.builds(Step, st.sampled_from(["any", "each"]))
    | st.builds(Step, st.just("index"), value=st.integers(-3, 3).map(str))
    | st.builds(Step, st.just("where"), NAMES, st.sampled_from(["video", "1", "a"])),
    max_size=6,
)
FILE = FileValue(Path("a.png"), b"\x89P", "image/png")


def path(text: str) -> AnswerPath:
    return parse_path(text)


@given(JSON, STEPS)
def test_a_path_never_fails_and_leads_to_values_of_the_answer(body: object, steps: list[Step]) -> None:
    whole = json.dumps(body)
    for found in Answer(body, {}, "a").all(AnswerPath("", tuple(steps))):
        assert found is not None
        assert json.dumps(found) in whole


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("video.url", ["u"]),
        ("list[0].id", [1]),
        ("list[-1].id", [2]),
        ("list[7].id", []),
        ("list[*].id", [1, 2]),
        ("list[?type=video].id", [2]),
        ("named.*.x", [5, 6]),
        ("{id}.state", ["ready"]),
        ("header:x-cost", ["3"]),
        ("video.nothing", []),
        ("video.url.deeper", []),
        ("empty", []),
    ],
)
def test_each_kind_of_path(text: str, found: list[object]) -> None:
    body = {
        "video": {"url": "u"},
        "list": [{"id": 1, "type": "image"}, {"id": 2, "type": "video"}],
        "named": {"p": {"x": 5}, "q": {"x": 6}},
        "j-1": {"state": "ready"},
        "empty": None,
    }
    assert list(Answer(body, {"x-cost": "3"}, "j-1").all(path(text))) == found


@given(st.text(), JSON)
def test_what_a_person_wrote_cannot_change_the_structure_of_a_body(prompt: str, param: object) -> None:
    tree = {"text": "$prompt", "inner": {"same": "$prompt", "*": "$params"}, "fixed": "$$5"}
    values = {"prompt": prompt, "params": {"same": "theirs", "extra": param}}
    assert write_body(tree, values, {}) == {
        "text": prompt,
        "inner": {"same": prompt, "extra": param},
        "fixed": "$5",
    }


@given(JSON.filter(lambda body: isinstance(body, dict)))
def test_a_tree_without_values_is_sent_as_it_stands(tree: dict[str, object]) -> None:
    plain = json.loads(json.dumps(tree).replace("$", "x"))
    assert write_body(plain, {"prompt": "x", "params": {"a": 1}}, {}) == plain
    assert merged_tree(plain, plain) == plain
    assert values_in(plain) == set()


def test_what_is_not_there_takes_its_tables_along() -> None:
    tree = {"a": {"b": {"image": "$image|base64"}}, "list": [{"x": "$seed"}], "kept": {}, "p": "$prompt"}
    assert write_body(tree, {"prompt": "", "image": None}, {}) == {"kept": {}, "p": ""}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("$seconds", 8),
        ("$seconds|text", "8"),
        ("$seconds|suffix:s", "8s"),
        ("$seconds|ms", 8000),
        ("$seconds|float", 8.0),
        ("$model|prefix:x/", "x/M"),
        ("$model|lower", "m"),
        ("$size|ratio", "16:9"),
        ("$size|ratio_colon", "1280:720"),
        ("$size|tier", "720p"),
        ("$size|map:tiers", "hd"),
        ("$image|base64", "iVA="),
        ("$image|data_url", "data:image/png;base64,iVA="),
        ("$image|mime", "image/png"),
        ("$image", FILE),
    ],
)
def test_each_filter(text: str, sent: object) -> None:
    values = {"seconds": 8, "model": "M", "size": "1280x720", "image": FILE}
    assert write_body({"x": text}, values, {"tiers": {"1280x720": "hd"}}) == {"x": sent}


@pytest.mark.parametrize("text", ["$size|map:tiers", "$size|ratio", "$odd|tier"])
def test_a_value_that_has_no_form_is_not_sent(text: str) -> None:
    with pytest.raises(Unwritable):
        write_body({"x": text}, {"size": "1000x123", "odd": "large"}, {"tiers": {"1280x720": "hd"}})
