"""Job profiles that hold together, and what is said of each that does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rtoml
from hypothesis import given
from hypothesis import strategies as st

from sorasync.profile import ProfileError, load_profile
from sorasync.profile.answer_path import MOST_STEPS, parse_path
from sorasync.profile.body_tree import VALUES, read_tree
from sorasync.profile.job_load import check_job

HERE = Path(__file__).parent
GOOD = sorted(path.stem for path in (HERE / "good").glob("*.toml"))
CASES: list[dict[str, Any]] = rtoml.load(HERE / "broken.toml")["case"]


def table(name: str) -> dict[str, Any]:
    return dict(rtoml.load(HERE / "good" / f"{name}.toml"))


def changed(case: dict[str, Any]) -> dict[str, Any]:
    """The good profile that a case starts from, with its changes; a value `unset` takes a key out."""
    made = table(case["on"])
    for path, value in case["set"].items():
        *parents, last = path.split("/")
        at = made
        for part in parents:
            at = at.setdefault(part, {})
        if value == "unset":
            del at[last]
        else:
            at[last] = value
    return made


@pytest.mark.parametrize("name", GOOD)
def test_a_profile_that_holds_together_is_read(name: str) -> None:
    found = check_job(table(name), name)
    assert found.name == name and found.create.answer.id


def test_there_are_many_broken_profiles() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_every_fault_of_a_broken_profile_is_told_at_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(ProfileError) as refused:
        check_job(changed(case), "profile x")
    assert [fault.sentence for fault in refused.value.faults] == case["says"]


def test_a_job_profile_is_checked_whole_before_it_is_said_that_it_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text((HERE / "good" / "labelled.toml").read_text())
    assert load_profile("./mine.toml", base_dir=tmp_path).settle == "label"
    with pytest.raises(ProfileError, match=r"cannot send to yet: \$fps") as refused:
        load_profile("./mine.toml", base_dir=tmp_path, overrides={"create": {"body": {"fps": "$fps"}}})
    assert refused.value.faults == ()
    with pytest.raises(ProfileError, match=r"states\.done: no state means") as broken:
        load_profile("./mine.toml", base_dir=tmp_path, overrides={"states": {"done": []}})
    assert broken.value.faults
    with pytest.raises(ProfileError, match="family: must be videos or job") as unknown:
        load_profile("./mine.toml", base_dir=tmp_path, overrides={"family": "jobs"})
    assert unknown.value.hint == 'did you mean "job"?'


@given(st.text(alphabet="ab.[]*?=-0129{}id:header$_ ", max_size=40))
def test_a_path_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = parse_path(text)
    except ValueError as error:
        assert str(error)
        return
    assert found.text == text
    assert (found.header is None) == (0 < len(found.steps) <= MOST_STEPS)


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet="$prompt|sizex:*", max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(TREES)
def test_a_body_is_read_whatever_stands_in_it(tree: object) -> None:
    uses, mistakes = read_tree(tree)
    assert all(use.value in VALUES and len(use.filters) <= 2 for use in uses)
    assert all(mistake.message for mistake in mistakes)
