"""`sorasync check`: what it prints and keeps, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sorasync.checks import worker_pool
from sorasync.checks.check_result import CheckResult
from sorasync.checks.measure_request import VideoToCheck
from tests.cli.kit import Film, make

MANIFEST = """\
[clips.market]
prompt = "A market."
takes = 2
[clips.kitchen]
prompt = "A kitchen."
[clips.kitchen.checks]
size = false
"""


pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def library(tmp_path: Path, capsys: pytest.CaptureFixture[str], shots: dict[str, Path]) -> Film:
    """Three finished renders: market#2 is black for half of its time, the others are fine."""
    library = make(tmp_path / "film", capsys, MANIFEST)
    # Small videos cost little, and no host makes them.
    library.write(
        "sorasync.toml", library.read("sorasync.toml") + "[assets]\ntolerance_pct = 100\n[checks]\n"
    )
    library.settle()
    for address, shot in (("clip.market#1", "wall"), ("clip.market#2", "dark"), ("clip.kitchen#1", "fence")):
        put(library, address, shots[shot])
    return library


def put(library: Film, address: str, video: Path) -> None:
    """Make a video the one of a render, as if that had been its download."""
    with library.store() as store:
        record = store.record(library.render(address).key)
        assert record is not None and record.asset is not None
        target = library.project.assets().path_of(record.asset)
        target.write_bytes(video.read_bytes())


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The checks that were carried out, each with the file it looked at."""
    found: list[str] = []
    real = worker_pool.WorkerPool.check

    def check(self: worker_pool.WorkerPool, video: VideoToCheck) -> list[CheckResult]:
        found.extend(video.names)
        return real(self, video)

    monkeypatch.setattr(worker_pool.WorkerPool, "check", check)
    return found


def test_what_fails_is_shown_with_its_place_and_ends_with_1(library: Film) -> None:
    answer = library.run("check")
    assert answer.code == 1
    assert answer.out == (
        "✓ clip.kitchen  5 checks\n"
        "✓ clip.market#1  6 checks\n"
        "✗ clip.market#2\n"
        "    ✗ black: black for 2.00 s from 2.00 s (frame 16); at most 0.5 s is allowed\n"
        "\n"
        "3 videos: 2 passed, 1 failed.\n"
    )
    assert library.run("check", "clip.kitchen").code == 0
    assert library.run("check", "--quiet").out == "3 videos: 2 passed, 1 failed.\n"


def test_a_result_is_kept_until_the_settings_change(library: Film, measured: list[str]) -> None:
    before = library.run("check").out
    assert len(measured) == 17
    assert library.run("check").out == before
    assert len(measured) == 17
    library.write("sorasync.toml", library.read("sorasync.toml") + "black = { seconds = 2.5 }\n")
    assert library.run("check").code == 0
    assert measured[17:] == ["black"] * 3
    library.run("check", "--again", "clip.kitchen")
    assert len(measured) == 25


def test_nothing_of_it_touches_plan_or_keys(library: Film) -> None:
    before = library.run("plan", "--format", "json").json
    library.write("sorasync.toml", library.read("sorasync.toml") + "blur = true\nfrozen = false\n")
    library.run("check")
    assert library.run("plan", "--format", "json").json == before


def test_programs_get_json_junit_and_annotations(library: Film) -> None:
    data = library.run("check", "--format", "json").json
    assert data["summary"] == {"passed": 16, "failed": 1, "skipped": 0, "error": 0}
    market = next(video for video in data["videos"] if video["address"] == "clip.market#2")
    assert (market["file"], market["line"]) == ("manifests/a.toml", 1)
    assert [check for check in market["checks"] if check["verdict"] == "failed"] == [
        {
            "check": "black",
            "verdict": "failed",
            "message": "black for 2.00 s from 2.00 s (frame 16); at most 0.5 s is allowed",
            "measured": 2.0,
            "allowed": 0.5,
            "at": 2.0,
            "until": 4.0,
            "frame": 16,
        }
    ]
    suites = ElementTree.fromstring(library.run("check", "--format", "junit").out)
    assert suites.attrib == {"tests": "17", "failures": "1", "errors": "0", "skipped": "0"}
    failure = suites.find("testsuite[@name='clip.market#2']/testcase[@name='black']/failure")
    assert failure is not None and "2.00 s" in failure.attrib["message"]
    notes = library.run("check", "--format", "github").out.splitlines()
    assert len(notes) == 1
    assert notes[0].startswith("::error file=manifests/a.toml,line=1,")


def test_one_check_may_be_named(library: Film, measured: list[str]) -> None:
    assert library.run("check", "--only", "flash").code == 0
    assert set(measured) == {"flash"}
    answer = library.run("check", "--only", "blak")
    assert answer.code == 1
    assert "did you mean black?" in answer.err


def test_without_checks_the_default_set_is_measured_and_a_line_says_so(library: Film) -> None:
    library.write("sorasync.toml", library.read("sorasync.toml").replace("[checks]\n", ""))
    library.write("manifests/a.toml", '[clips.market]\nprompt = "A market."\ntakes = 2\n')
    answer = library.run("check")
    assert answer.code == 1
    assert "No [checks] in sorasync.toml" in answer.out


def test_what_is_not_here_is_left_out(library: Film) -> None:
    with library.store() as store:
        record = store.record(library.render("clip.market#2").key)
    assert record is not None and record.asset is not None
    library.project.assets().path_of(record.asset).unlink()
    answer = library.run("check")
    assert answer.code == 0
    assert "- clip.market#2  its video is not here" in answer.out
    assert "3 videos: 2 passed, 1 not here." in answer.out


def test_a_damaged_file_is_an_error_that_is_tried_again(
    library: Film, tmp_path: Path, shots: dict[str, Path]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    put(library, "clip.kitchen#1", broken)
    answer = library.run("check", "clip.kitchen")
    assert answer.code == 1
    assert "1 video: 1 could not be checked." in answer.out
    put(library, "clip.kitchen#1", shots["wall"])
    assert library.run("check", "clip.kitchen").code == 0


def test_a_library_without_renders_has_nothing_to_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = make(tmp_path / "film", capsys, '[clips.a]\nprompt = "A market."\n')
    answer = empty.run("check")
    assert (answer.code, answer.out) == (0, "Nothing to check: no video has been rendered.\n")
    assert not (empty.root / "state").exists()


def test_results_go_with_their_video(library: Film) -> None:
    library.run("check")
    with library.store() as store:
        kept = json.dumps(sorted(store.assets()))
        store.drop_assets(json.loads(kept))
        assert store.session.rows("SELECT * FROM checks") == []
