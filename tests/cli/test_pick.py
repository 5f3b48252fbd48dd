"""`sorasync pick`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.operations.pick import PickError, edited
from tests.cli.kit import Film

Films = Callable[[str], Film]

_TWO = """[clips.a]
prompt = "A."
takes = 3
[[clips.a.steps]]
edit = "B."
[clips.b]
prompt = "{{ c }}"
matrix = { c = ["x", "y z"] }
takes = 2
[clips.own]
prompt = "C."
takes = 2
pick = 1
"""
PICKS = "manifests/picks.toml"


def test_a_pick_is_written_to_a_file_of_its_own(film: Films) -> None:
    one = film(_TWO)
    answer = one.run("pick", "a", "2")
    assert answer.code == 0
    assert tomllib.loads(one.read(PICKS)) == {"picks": {"a": 2}}
    assert one.read("manifests/a.toml") == _TWO
    assert "clip.a: take 2 is picked" in answer.out
    assert "Plan: 9 changes" in answer.out or "changes, costs" in answer.out


def test_picks_are_sorted_and_comments_stay(film: Films) -> None:
    one = film(_TWO)
    one.write(PICKS, "# ours\n\n[picks]\na = 1 # the calm one\n\n# the end\n")
    assert one.run("pick", "b[c=y z]", "2").code == 0
    assert one.run("pick", "clip.a#3").code == 0
    assert one.read(PICKS) == '# ours\n\n[picks]\na = 3 # the calm one\n"b[c=y z]" = 2\n\n# the end\n'


def test_clear_takes_the_choice_back(film: Films) -> None:
    one = film(_TWO)
    one.run("pick", "a", "2")
    assert one.run("pick", "a", "--clear").code == 0
    assert tomllib.loads(one.read(PICKS)) == {"picks": {}}
    assert "nothing was changed" in one.run("pick", "a", "--clear").out


def test_a_pick_in_the_clip_s_own_block_is_left_alone(film: Films) -> None:
    one = film(_TWO)
    answer = one.run("pick", "own", "2")
    assert answer.code == 1
    assert "manifests/a.toml:13" in answer.err
    assert not (one.root / PICKS).exists()


def test_a_pick_in_another_manifest_is_left_alone(film: Films) -> None:
    one = film(_TWO + "[picks]\na = 1\n")
    answer = one.run("pick", "a", "2")
    assert answer.code == 1
    assert "manifests/a.toml:15" in answer.err


@pytest.mark.parametrize("take", ["0", "4", "-1"])
def test_a_take_that_is_not_there_cannot_be_picked(film: Films, take: str) -> None:
    one = film(_TWO)
    answer = one.run("pick", "a", "--", take) if take == "-1" else one.run("pick", "a", take)
    assert answer.code in (1, 64)
    assert not (one.root / PICKS).exists()


def test_without_a_number_the_takes_are_listed_with_their_files(film: Films) -> None:
    one = film(_TWO)
    one.settle()
    one.run("pick", "a", "2")
    found = one.run("pick", "a", "--format", "json").json
    assert found["pick"] == 2
    assert [take["picked"] for take in found["takes"]] == [False, True, False]
    files = [take["file"] for take in found["takes"]]
    assert files == [f"assets/a/take-{number}.mp4" for number in (1, 2, 3)]


def test_the_clip_s_own_name_follows_the_pick(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\ntakes = 2\n')
    one.settle()
    for take in (2, 1):
        one.run("pick", "a", str(take))
        assert one.read("assets/a.mp4") == one.render(f"clip.a#{take}").key


def test_a_pick_mends_a_pick_that_went_out_of_range(film: Films) -> None:
    one = film(_TWO)
    one.run("pick", "a", "3")
    one.write("manifests/a.toml", _TWO.replace("takes = 3", "takes = 2"))
    assert one.run("plan").code == 1
    assert one.run("pick", "a", "2").code == 0
    assert one.run("plan").code == 0


def test_an_unknown_clip_is_told_the_nearest(film: Films) -> None:
    answer = film(_TWO).run("pick", "onw", "1")
    assert answer.code == 1
    assert "clip.own" in answer.err


def test_picks_that_cannot_be_edited_by_line_are_refused() -> None:
    with pytest.raises(PickError, match="line by line"):
        edited("picks = { a = 1 }\n", "b", 2)
    assert edited("picks = { a = 1 }\n", "a", 2) == "picks = { a = 2 }\n"


def test_line_endings_stay() -> None:
    assert edited("[picks]\r\na = 1\r\n", "b", 2) == "[picks]\r\na = 1\r\nb = 2\r\n"


def test_a_header_inside_a_text_is_no_table() -> None:
    text = '[clips.z]\nprompt = """\n[picks]\n"""\n'
    with pytest.raises(PickError):
        edited(text, "b", 2)


_names = st.text('abz09_-[]=, 大"\\', min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.lists(st.tuples(_names, st.integers(1, 9)), max_size=8))
def test_any_sequence_of_picks_reads_back(picks: list[tuple[str, int]]) -> None:
    text, wanted = "# mine\n", {}
    for name, take in picks:
        from sorasync.manifest.matrix import canonical_name

        text = edited(text, canonical_name(name), take)
        wanted[canonical_name(name)] = take
    assert tomllib.loads(text).get("picks", {}) == wanted
    assert text.startswith("# mine\n")
    for name in list(wanted):
        text = edited(text, name, None)
    assert tomllib.loads(text).get("picks", {}) == {}
