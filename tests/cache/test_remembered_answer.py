"""A command whose answer is remembered prints what it would find anew, whatever has changed."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from types import SimpleNamespace

import pytest

import sorasync.operations.cache as cache
from sorasync.assets.checked import DAMAGED_FILE, FORMAT
from sorasync.assets.drift import stat_facts
from sorasync.clock import SystemClock
from sorasync.operations.plan import make_plan
from sorasync.operations.remembered_answer import DIRECTORY
from sorasync.state.connect import location
from tests.cli.kit import Answer, Film, make

LONG_AGO = 1_600_000_000_000_000_000
CLIPS = '[clips.pier]\nprompt = "A pier at dusk."\n[clips.quay]\nprompt = "A quay in fog."\n'
COMMANDS = ("plan", "status", "validate")
_times = itertools.count(LONG_AGO, 1_000_000_000)


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Film:
    """A library in which everything is rendered, large enough for its answers to be kept."""
    monkeypatch.setattr(cache, "WORTH", 0)
    monkeypatch.delenv("CI", raising=False)
    one = make(tmp_path / "film", capsys, CLIPS)
    one.settle()
    settled(one)
    return one


def settled(film: Film) -> None:
    """Let the manifests have been written long ago, each save at a moment of its own."""
    for path in (film.root / "manifests").rglob("*.toml"):
        moment = next(_times)
        os.utime(path, ns=(moment, moment))


def anew(film: Film, *arguments: str) -> Answer:
    return film.run(*arguments, "--no-cache")


def loads(film: Film, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> bool:
    """Whether a command opens the library instead of printing what it remembers."""
    opened: list[str] = []
    keep = type(film.project).open

    def spy(*args: object, **options: object) -> object:
        opened.append("")
        return keep(*args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("sorasync.operations.project.Project.open", spy)
        film.run(*arguments)
    return bool(opened)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_is_given_again_without_opening_the_library(
    film: Film, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = film.run(command)
    assert (first.code, first.err) == (0, "")
    assert not loads(film, monkeypatch, command)
    again = film.run(command)
    assert (again.code, again.out, again.err) == (first.code, first.out, first.err)
    assert loads(film, monkeypatch, command, "--no-cache")
    assert loads(film, monkeypatch, command, "--format", "json")
    assert loads(film, monkeypatch, command, "--quiet")


def _save(name: str, text: str) -> Callable[[Film], None]:
    def change(film: Film) -> None:
        film.write(name, text)
        settled(film)

    return change


def _remove_object(film: Film) -> None:
    next(path for path in (film.root / "assets/.store").rglob("*.mp4")).unlink()


def spoil(film: Film, damage: Callable[[bytes], bytes]) -> None:
    for path in (film.root / DIRECTORY).glob("*.answer"):
        path.write_bytes(damage(path.read_bytes()))


def _forget_a_record(film: Film) -> None:
    with film.store() as store:
        store.unbind("clip.quay#1")


def _put_the_time_back(film: Film) -> None:
    path = film.root / "manifests/a.toml"
    before = path.stat()
    path.write_text(CLIPS.replace("dusk", "dark"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Film], None]] = {
    "another prompt": _save("manifests/a.toml", CLIPS.replace("dusk", "dawn")),
    "the same length": _save("manifests/a.toml", CLIPS.replace("dusk", "dark")),
    "the same length at the same time": _put_the_time_back,
    "one more manifest": _save("manifests/b.toml", '[clips.more]\nprompt = "More."\n'),
    "a manifest in a new folder": _save("manifests/deep/b.toml", '[clips.more]\nprompt = "More."\n'),
    "a broken manifest": _save("manifests/b.toml", "[clips."),
    "no manifest": lambda film: next((film.root / "manifests").glob("*.toml")).unlink(),
    "the configuration": lambda film: film.write(
        "sorasync.toml", film.read("sorasync.toml").replace("seconds = 4", "seconds = 8")
    ),
    "a price book": _save("prices.toml", "x = 1\n"),
    "a video is gone": _remove_object,
    "all videos are gone": lambda film: shutil.rmtree(film.root / "assets"),
    "no state": lambda film: (location("sqlite:state/sorasync.db", film.root) or Path()).unlink(),
    "a record is gone": _forget_a_record,
    "a garbled answer": lambda film: spoil(film, lambda data: b"x" + data[1:]),
    "half an answer": lambda film: spoil(film, lambda data: data[:-40]),
    "an answer without an end": lambda film: spoil(film, lambda data: data.splitlines(keepends=True)[0]),
}


def _answer(film: Film) -> Path:
    return film.root / DIRECTORY / "base.plan.answer"


@pytest.mark.parametrize("name", CHANGES)
def test_after_a_change_the_answer_is_what_it_would_be_anew(film: Film, name: str) -> None:
    for command in COMMANDS:
        film.run(command)
        assert (film.root / DIRECTORY / f"base.{command}.answer").exists()
    CHANGES[name](film)
    for command in COMMANDS:
        given, found = film.run(command), anew(film, command)
        assert (given.code, given.out, given.err) == (found.code, found.out, found.err)


def test_a_video_that_a_check_finds_damaged_is_no_answer_of_before(film: Film) -> None:
    store = film.project.assets()
    known = store.root / DAMAGED_FILE
    known.write_text(json.dumps({"format": FORMAT, "videos": {}}))
    assert "No changes" in film.run("plan").out
    assert _answer(film).exists()
    video = next(store.root.rglob("*.mp4"))
    facts = stat_facts(store, video.stem)
    assert facts is not None
    known.write_text(json.dumps({"format": FORMAT, "videos": {video.stem: astuple(facts)}}))
    given, found = film.run("plan"), anew(film, "plan")
    assert given.out == found.out
    assert "No changes" not in given.out


def test_a_profile_of_ones_own_is_read_each_time(film: Film) -> None:
    film.write("host.toml", 'extends = "preview"\n')
    film.write("sorasync.toml", film.read("sorasync.toml") + '[provider]\nprofile = "./host.toml"\n')
    film.run("plan")
    assert not _answer(film).exists()


def test_what_is_said_of_cuts_is_said_afresh(film: Film) -> None:
    film.write("manifests/cut.toml", '[cuts.teaser]\nfps = 24\n[[cuts.teaser.events]]\nclip = "pier"\n')
    settled(film)
    assert "teaser" in film.run("plan").out
    assert not _answer(film).exists()


def test_an_answer_is_forgotten_at_the_end_of_the_day(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends within 180 days is told from that day on."""
    film.run("plan")
    tomorrow = SimpleNamespace(time=lambda: SystemClock().now() + 86_400)
    monkeypatch.setattr("sorasync.cli.app.remembered_command.time", tomorrow)
    assert loads(film, monkeypatch, "plan")


def test_a_copy_of_a_library_does_not_answer_for_the_first(
    film: Film, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    film.run("plan")
    shutil.copytree(film.root, tmp_path / "copy")
    film.root = tmp_path / "copy"
    assert loads(film, monkeypatch, "plan")


def test_nothing_is_remembered_that_anybody_would_act_on(film: Film) -> None:
    film.write("manifests/b.toml", '[clips.more]\nprompt = "More."\n')
    settled(film)
    assert "1 to create" in film.run("plan").out
    assert not _answer(film).exists()


def test_a_file_that_was_just_saved_is_not_trusted(film: Film) -> None:
    film.write("manifests/a.toml", CLIPS + "\n")
    film.run("plan")
    assert not _answer(film).exists()


@pytest.mark.parametrize("grain", [0, 2_000_000_000], ids=["settled", "just written"])
def test_a_state_that_changes_while_it_is_planned_is_not_trusted(
    film: Film, grain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(*args: object) -> object:
        found = make_plan(*args)  # type: ignore[arg-type]
        _forget_a_record(film)
        return found

    monkeypatch.setattr("sorasync.operations.remembered_answer._GRAIN_NS", grain)
    with monkeypatch.context() as patch:
        patch.setattr("sorasync.operations.plan.make_plan", planned)
        assert "No changes" in film.run("plan").out
    assert not _answer(film).exists()
    assert "1 to reuse" in film.run("plan").out
    film.settle()
    film.run("plan")
    assert _answer(film).exists()


def test_small_libraries_and_jobs_of_ci_are_asked_afresh(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    film.run("plan")
    assert not _answer(film).exists()
    monkeypatch.delenv("CI")
    monkeypatch.setattr(cache, "WORTH", 500)
    film.run("plan")
    assert not _answer(film).exists()
