"""What comes is held against what was paid for: length, size, and a frame that can be decoded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("av")

from sorasync.assets.mismatch import mismatch
from sorasync.assets.mp4 import Mp4Facts, inspect_mp4
from sorasync.preview.media import tiny_video
from tests.cli.kit import Film
from tests.cli.test_odd_hosts import host, library
from tests.cli.test_synchronous_hosts import PROFILE, Host, in_base64

WHOLE = tiny_video(1280, 720, 4, "x")
SHORT = tiny_video(320, 180, 1, "x")


def no_length(video: bytes) -> bytes:
    """The same video, whose headers give no length."""
    data = bytearray(video)
    for kind in (b"mvhd", b"mdhd"):
        at = data.index(kind) + 4
        data[at + 16 : at + 20] = bytes(4)
    return bytes(data)


def no_frame(video: bytes) -> bytes:
    """The same boxes around bytes that no decoder takes for a picture."""
    data = bytearray(video)
    at = data.index(b"mdat") + 4
    size = int.from_bytes(data[at - 8 : at - 4], "big") - 8
    data[at : at + size] = bytes(size)
    return bytes(data)


@pytest.mark.parametrize(
    ("video", "said"),
    [
        (SHORT, "its file lasts 1 s, 4 s were requested; it is 320x180 instead of 1280x720"),
        (no_length(WHOLE), "its file has no length, 4 s were requested"),
        (no_frame(WHOLE), "no frame of it can be decoded"),
        (tiny_video(720, 1280, 4, "x"), "it is 720x1280 instead of 1280x720"),
        (tiny_video(1280, 720, 9, "x"), "its file lasts 9 s, 4 s were requested"),
    ],
)
def test_a_difference_is_a_warning_that_everything_knows_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], video: bytes, said: str
) -> None:
    with host(Host(in_base64(video))) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        shown = film.run("apply", "--yes")
        assert shown.code == 0
        assert f"clip.pier: warning: {said}" in shown.out
        assert film.run("plan", "--detailed-exitcode").code == 0
        assert f"clip.pier: {said}" in film.run("status").out
        assert f"Note: clip.pier: {said}." in film.run("drift").out
        assert f"clip.pier: {said}" in film.run("status", "--format", "json").json["notices"]
        assert said in film.run("show", "pier").out
        assert film.run("show", "pier", "--format", "json").json["renders"][0]["record"]["mismatch"] == said


@pytest.mark.parametrize("video", [WHOLE, tiny_video(1280, 704, 4, "x"), tiny_video(1216, 704, 4, "x")])
def test_what_models_round_to_is_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], video: bytes
) -> None:
    with host(Host(in_base64(video))) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        assert "warning" not in film.run("apply", "--yes").out
        assert film.run("status", "--format", "json").json["notices"] == []


def failing(film: Film, *, setting: str = "fail") -> None:
    text = film.read("sorasync.toml").partition("[assets]")[0]
    film.write("sorasync.toml", f'{text}[assets]\nmismatch = "{setting}"\n')


def test_as_a_failure_it_is_kept_and_nothing_is_built_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Host(in_base64(SHORT))
    with host(server) as url:
        film = library(tmp_path, capsys, url, PROFILE + "[limits]\nextensions = 6\n")
        failing(film)
        assert film.run("apply", "--yes").code == 1
        assert (film.root / "assets" / "pier.mp4").read_bytes() == SHORT
        planned = film.run("plan", "--format", "json").json
        assert [(one["action"], one["cost_usd"]) for one in planned["changes"]] == [("blocked", "0.00")]
        assert "--replace 'clip.pier'" in planned["changes"][0]["reason"]
        film.run("apply", "--yes")
        assert server.creates == 1
        assert "blocked" in film.run("status").out
        failing(film, setting="warn")
        assert film.run("plan", "--detailed-exitcode").code == 0
        failing(film)
        server.answer = in_base64(WHOLE)
        assert film.run("apply", "--yes", "--replace", "clip.pier").code == 0
        assert server.creates == 2
        assert film.run("plan", "--detailed-exitcode").code == 0


def test_a_clone_knows_of_a_difference_and_an_older_lock_file_takes_none_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with host(Host(in_base64(SHORT))) as url:
        film = library(tmp_path, capsys, url, PROFILE)
        failing(film)
        film.run("apply", "--yes")
        lock = film.read("sorasync.lock")
        (line,) = [line for line in lock.splitlines() if '"mismatch"' in line]
        older = {name: value for name, value in json.loads(line).items() if name != "mismatch"}
        film.write("sorasync.lock", lock.replace(line, json.dumps(older, ensure_ascii=False)))
        planned = film.run("plan", "--format", "json").json["changes"]
        assert [one["action"] for one in planned] == ["blocked"]
        film.write("sorasync.lock", lock)
        for place in ("state", "assets"):
            shutil.rmtree(film.root / place)
        planned = film.run("plan", "--format", "json").json["changes"]
        assert [one["action"] for one in planned] == ["blocked"]
        assert "its file lasts 1 s, 4 s were requested" in planned[0]["reason"]


def test_a_file_that_is_fetched_again_is_judged_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def answering(method: str, path: str) -> tuple[int, bytes, str]:
        asked.append(f"{method} {path}")
        if path.endswith("/content"):
            return 200, SHORT, "video/mp4"
        return 200, b'{"id": "6e1f", "object": "video", "status": "completed"}', "application/json"

    with host(answering) as url:
        film = library(tmp_path, capsys, url, 'extends = "sglang"\n[routes]\nlist = ""\n')
        assert "warning: its file lasts 1 s" in film.run("apply", "--yes").out
        for file in (film.root / "assets" / ".store").rglob("*.mp4"):
            file.unlink()
        (film.root / "assets" / "pier.mp4").unlink()
        assert "warning: its file lasts 1 s" in film.run("apply", "--yes").out
        assert sum(one.startswith("POST") for one in asked) == 1


def facts(**more: object) -> Mp4Facts:
    known: dict[str, object] = {
        "duration_seconds": 4.0,
        "width": 1280,
        "height": 720,
        "size": 1,
        "video_tracks": 1,
        "audio_tracks": 0,
        "fragmented": False,
        "fast_start": True,
    }
    return Mp4Facts(**(known | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "seconds", "size", "tolerance", "differs"),
    [
        (facts(), 4, "1280x720", 0, False),
        (facts(), None, None, 0, False),
        (facts(duration_seconds=4.4), 4, "1280x720", 0, False),
        (facts(duration_seconds=4.6), 4, "1280x720", 10, True),
        (facts(duration_seconds=18.1), 20, "1280x720", 10, False),
        (facts(duration_seconds=17.9), 20, "1280x720", 10, True),
        (facts(duration_seconds=0.0, fragmented=True), 4, "1280x720", 10, False),
        (facts(width=720, height=1280, quarter_turned=True), 4, "1280x720", 0, False),
        (facts(quarter_turned=True), 4, "1280x720", 10, True),
        (facts(width=0), 4, "1280x720", 10, False),
        (facts(), 4, "1280x640", 10, True),
        (facts(), 4, "720p", 10, False),
    ],
)
def test_the_bounds_of_a_difference(
    tmp_path: Path, found: Mp4Facts, seconds: float | None, size: str | None, tolerance: int, differs: bool
) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(WHOLE)
    assert (mismatch(video, found, seconds, size, tolerance) is not None) is differs


def test_a_length_that_only_the_track_tells_counts(tmp_path: Path) -> None:
    video, data = tmp_path / "a.mp4", bytearray(WHOLE)
    at = data.index(b"mvhd") + 4
    data[at + 16 : at + 20] = bytes(4)
    video.write_bytes(bytes(data))
    assert inspect_mp4(video).duration_seconds == 4


def test_pictures_turned_by_a_quarter_are_known_by_their_matrix(tmp_path: Path) -> None:
    video, data = tmp_path / "a.mp4", bytearray(WHOLE)
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = b"".join(
        number.to_bytes(4, "big", signed=True) for number in (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    )
    video.write_bytes(bytes(data))
    assert inspect_mp4(video).quarter_turned
    assert not inspect_mp4(_plain(tmp_path)).quarter_turned


def _plain(tmp_path: Path) -> Path:
    video = tmp_path / "plain.mp4"
    video.write_bytes(WHOLE)
    return video
