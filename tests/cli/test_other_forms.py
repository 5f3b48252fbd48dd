"""Renders that are no MP4: kept as they came under the right ending, looked into where that is possible."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("av")

import av
from av.video.stream import VideoStream

from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.serve import Running, running
from sorasync.preview.settings import PreviewSettings
from tests.assets.helpers import make_hdr
from tests.cli.kit import Film, make

CLIP = '[clips.pier]\nprompt = "A pier at dusk, warm lamps, a slow dolly."\n'
CODECS = {".webm": "libvpx", ".mkv": "libvpx", ".mov": "prores_ks"}
RATE = 2
FAST = {"deadline": "realtime", "cpu-used": "8"}


def encoded(path: Path, seconds: int = 4, wide: int = 1280, high: int = 720) -> Path:
    """A video of grey frames, in the form that its ending names."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            CODECS[path.suffix], rate=RATE, options={} if path.suffix == ".mov" else FAST
        )
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = wide, high
        stream.pix_fmt = "yuv422p10le" if path.suffix == ".mov" else "yuv420p"
        for number in range(seconds * RATE):
            frame = av.VideoFrame(wide, high, "yuv420p").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def archived(path: Path, names: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(names):
            archive.writestr(f"frame-{number:04}.exr", b"\x76\x2f\x31\x01" + bytes(64))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forms")
    found = {suffix: encoded(folder / f"made{suffix}") for suffix in CODECS}
    (folder / "made.exr").write_bytes(b"\x76\x2f\x31\x01" + bytes(4000))
    return found | {".zip": archived(folder / "made.zip", 12), ".exr": folder / "made.exr"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(PreviewSettings(tmp_path / "server", draw=False, dialect="openai", poll_after_ms=20)) as it:
        yield it


@pytest.fixture
def film(server: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    made = make(tmp_path / "film", capsys, CLIP)
    made.write(
        "sorasync.toml",
        f'[provider]\nprofile = "openai"\nbase_url = "{server.url}"\napi_key_env = "HOME"\n'
        '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n',
    )
    return made


def answer_with(server: Running, file: Path, **more: object) -> None:
    rule = FaultRule.model_validate({"do": "file", "route": "content", "file": file} | more)
    server.app.state.server.faults.set(FaultPlan(rules=[rule]))


@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mov", ".zip", ".exr"])
def test_the_bytes_are_kept_as_they_came_under_their_own_ending(
    film: Film, server: Running, files: dict[str, Path], suffix: str
) -> None:
    answer_with(server, files[suffix])
    applied = film.run("apply", "--yes")
    assert applied.code == 0, applied.out + applied.err
    named = film.root / "assets" / f"pier{suffix}"
    assert named.read_bytes() == files[suffix].read_bytes()
    assert film.run("plan", "--detailed-exitcode").code == 0
    assert film.run("drift").code == 0
    told = film.run("status").out
    if suffix == ".zip":
        assert "a ZIP archive of 12 files, which is kept but not opened" in told
    elif suffix == ".exr":
        assert "one OpenEXR picture, which is kept but not opened" in told
    else:
        assert "its file" not in told and "no frame" not in told
    named.unlink()
    assert film.run("apply", "--yes").code == 0
    assert named.exists() and len(server.app.state.server.ledger.charges()) == 1


def test_a_file_that_was_deleted_is_put_back_under_its_own_ending(
    film: Film, server: Running, files: dict[str, Path]
) -> None:
    answer_with(server, files[".webm"])
    film.run("apply", "--yes")
    for file in [*(film.root / "assets").rglob("*.webm")]:
        file.unlink()
    assert film.run("apply", "--yes").code == 0
    assert (film.root / "assets" / "pier.webm").read_bytes() == files[".webm"].read_bytes()


def test_lengths_and_sizes_are_compared_with_what_was_paid_for(
    film: Film, server: Running, tmp_path: Path
) -> None:
    answer_with(server, encoded(tmp_path / "short.webm", seconds=2, wide=640, high=360))
    film.run("apply", "--yes")
    told = film.run("status").out
    assert "lasts 2 s, 4 s were requested" in told and "640x360 instead of 1280x720" in told


@pytest.mark.parametrize("suffix", [".webm", ".mov", ".zip"])
def test_a_file_that_broke_off_is_fetched_again(
    film: Film, server: Running, files: dict[str, Path], tmp_path: Path, suffix: str
) -> None:
    whole = files[suffix].read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    rules = [
        {"do": "file", "route": "content", "file": cut, "nth": 1},
        {"do": "file", "route": "content", "file": files[suffix]},
    ]
    server.app.state.server.faults.set(FaultPlan.model_validate({"rules": rules}))
    assert film.run("apply", "--yes").code == 0
    assert (film.root / "assets" / f"pier{suffix}").read_bytes() == whole


def test_show_tells_of_high_dynamic_range(film: Film, server: Running, tmp_path: Path) -> None:
    answer_with(server, make_hdr(tmp_path / "made.mp4", "mp4", "libx264", 16))
    film.run("apply", "--yes")
    assert ", HDR (PQ)" in film.run("show", "pier").out
    assert json.loads(film.run("show", "pier", "--format", "json").out)["renders"][0]["hdr"] == "PQ"
