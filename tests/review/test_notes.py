"""`review.toml`: the same facts are the same bytes, branches merge, and what is not ours is kept."""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.review.choices import Choices
from sorasync.review.notes_file import (
    Note,
    Rejection,
    ReviewFileError,
    ReviewNotes,
    notes_text,
    parse_notes,
    plain_text,
    read_notes,
)
from tests.cli.kit import make

TEXT = st.text(min_size=1, max_size=40).map(plain_text).filter(bool)
TAKE = st.builds("clip.{}#{}".format, st.sampled_from(["a", "b", 'promo[city="x y"]']), st.integers(1, 12))
PART = st.integers(0, 10_000).map(lambda number: number / 10_000)
CORNERS = st.none() | st.tuples(PART, PART, PART, PART)
NOTES = st.builds(
    Note,
    id=st.text("abcdef0123456789", min_size=8, max_size=8),
    on=TAKE,
    text=TEXT,
    render=st.none() | st.just("0123456789ab"),
    frame=st.none() | st.integers(0, 9_999),
    box=CORNERS,
    arrow=CORNERS,
    by=st.none() | st.just("Ann"),
    at=st.none() | st.just("2026-11-29T06:00:00Z"),
    done=st.booleans(),
)
REJECTIONS = st.builds(Rejection, on=TAKE, reason=TEXT, render=st.none() | st.just("0123456789ab"))


def review(notes: list[Note], rejected: list[Rejection]) -> ReviewNotes:
    """Facts as a person would add them, one after the other."""
    found = ReviewNotes()
    for note in notes:
        found = found.with_note(note)
    for one in rejected:
        found = found.with_rejection(one)
    return found


@given(st.lists(NOTES, max_size=6), st.lists(REJECTIONS, max_size=4))
def test_what_is_written_is_read_back(notes: list[Note], rejected: list[Rejection]) -> None:
    found = review(notes, rejected)
    text = notes_text(found)
    back = parse_notes(text)
    assert set(back.notes) == set(found.notes) and set(back.rejected) == set(found.rejected)
    assert notes_text(back) == text
    facts = [line for line in text.splitlines() if line.startswith("review.")]
    assert len(facts) == len(found.notes) + len(found.rejected)


@given(st.lists(NOTES, max_size=5, unique_by=lambda note: note.id))
def test_the_order_of_writing_does_not_show(notes: list[Note]) -> None:
    texts = {notes_text(review(list(order), [])) for order in itertools.permutations(notes[:4])}
    assert len(texts) == 1


def test_a_note_that_a_merge_left_twice_counts_once_as_it_was_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Note("abcd0001", "clip.a#1", "Dark.", at="2026-11-29T06:00:00Z")
    later = replace(first, text="Too dark.", at="2026-11-29T07:00:00Z")
    lines = [notes_text(ReviewNotes((one,))).splitlines()[-1] for one in (later, first)]
    assert parse_notes("\n".join(lines)).notes == (later,)
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\n')
    film.write("manifests/review.toml", "\n".join(lines))
    assert film.run("validate").code == 0


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@film.example", *arguments]
    subprocess.run(command, cwd=root, capture_output=True, check=True)


@pytest.mark.parametrize("before", [[], ["clip.a#1"]])
def test_branches_that_add_notes_and_rejections_merge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: list[str]
) -> None:
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\ntakes = 3\n')
    film.write(".gitattributes", "review.toml merge=union\n")
    choices = Choices(lambda: Project.open(tmp_path))
    for take in before:
        choices.add_note({"on": take, "text": "Before.", "frame": 1}, "Ann")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "start")
    for branch, take in (("one", "clip.a#1"), ("other", "clip.a#2")):
        git(tmp_path, "checkout", "-qb", branch, "main")
        choices.add_note({"on": take, "text": f"By {branch}.", "frame": 2}, branch)
        choices.reject("clip.a#3", "0123456789abcdef", f"{branch} says no", branch)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", branch)
    git(tmp_path, "merge", "-q", "one")
    found = parse_notes(film.read("manifests/review.toml"))
    assert sorted(note.text for note in found.notes if note.text != "Before.") == ["By one.", "By other."]
    assert [one.on for one in found.rejected] == ["clip.a#3"]
    assert film.run("validate").code == 0
    assert notes_text(found) == notes_text(parse_notes(notes_text(found)))


def test_validate_says_where_a_note_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\n')
    film.write(
        "manifests/review.toml",
        '[review]\nnotes.abcd = { on = "clip.a", frame = -1, text = "{{ x }}", box = [1] }\n',
    )
    answer = film.run("validate")
    assert answer.code == 1
    for place in ("review.toml:2:21: `on`", "review.toml:2:39: `frame`", "review.toml:2:67: `box`"):
        assert place in answer.out + answer.err, answer.out + answer.err
    assert "four numbers from 0 to 1" in answer.out + answer.err


def test_review_belongs_in_its_own_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = make(tmp_path, capsys, '[review]\nnotes = {}\n[clips.a]\nprompt = "x"\n')
    answer = film.run("validate")
    assert answer.code == 1 and "belongs in review.toml" in answer.out + answer.err


def test_a_file_that_holds_more_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\n')
    film.write("manifests/review.toml", '[clips.review]\nprompt = "A clip that was here before."\n')
    before = film.read("manifests/review.toml")
    choices = Choices(lambda: Project.open(tmp_path))
    with pytest.raises(ReviewFileError, match="besides `review`"):
        choices.add_note({"on": "clip.a#1", "text": "Dark."}, "Ann")
    assert film.read("manifests/review.toml") == before
    assert film.run("plan", "--offline").code == 0


def test_notes_change_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\n')
    film.settle()
    Choices(lambda: Project.open(tmp_path)).add_note({"on": "clip.a#1", "text": "{{ nothing }}"}, "Ann")
    assert film.run("plan", "--offline", "--detailed-exitcode").code == 0
    assert "review.toml" not in film.run("fmt", "--check").out


def test_undo_takes_back_the_last_choice_and_nothing_that_came_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\ntakes = 2\n')
    film.settle()
    choices = Choices(lambda: Project.open(tmp_path))
    choices.pick("a", 2, "Ann")
    choices.add_note({"on": "clip.a#1", "text": "Dark."}, "Ann")
    assert choices.undo("Ann") == "note on clip.a#1"
    assert not (tmp_path / "manifests/review.toml").exists()
    film.write("manifests/picks.toml", film.read("manifests/picks.toml") + "# mine\n")
    assert choices.undo("Ann") == "pick of clip.a#2"
    assert "# mine" in film.read("manifests/picks.toml") and "a = 2" not in film.read("manifests/picks.toml")
    choices.pick("a", 2, "Ann")
    film.run("pick", "a", "1")
    with pytest.raises(SorasyncError, match="was changed"):
        choices.undo("Ann")
    assert "a = 1" in film.read("manifests/picks.toml")


def test_undo_takes_back_nothing_of_anybody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = make(tmp_path, capsys, '[clips.a]\nprompt = "x"\ntakes = 2\n')
    film.settle()
    choices = Choices(lambda: Project.open(tmp_path))
    key = film.render("clip.a#1").key

    def facts() -> set[str]:
        notes = read_notes(Project.open(tmp_path))
        return {one.text for one in notes.notes} | {one.reason for one in notes.rejected}

    first = choices.add_note({"on": "clip.a#1", "text": "Dark."}, "Ann")
    choices.reject("clip.a#1", key, "Six fingers.", "Ann")
    choices.add_note({"on": "clip.a#2", "text": "Fine."}, "Bob")
    choices.change_note(first, {"text": "Too dark."}, "Ann")
    choices.add_note({"on": "clip.a#2", "text": "Best."}, "Bob")
    assert choices.undo("Ann") == "change of a note" and "Dark." in facts()
    assert choices.undo("Ann") == "rejection of clip.a#1"
    assert facts() == {"Dark.", "Fine.", "Best."}
    choices.add_note({"on": "clip.a#1", "text": "Where?", "reply_to": first}, "Bob")
    with pytest.raises(SorasyncError, match="answered"):
        choices.undo("Ann")
    for _ in range(3):
        choices.undo("Bob")
    assert facts() == {"Dark."}
    assert choices.undo("Ann") == "note on clip.a#1" and facts() == set()
    with pytest.raises(SorasyncError, match="nothing to undo"):
        choices.undo("Bob")
