"""`same_as` and `text`: an extension or edit beside its source, and lettering as a reader reports it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.checks.measure import check_video
from sorasync.checks.measure_request import VideoToCheck
from sorasync.manifest.check_schema import ChecksModel
from sorasync.preview import animatic
from sorasync.preview.animatic import Scene
from tests.checks.films import Levels, checked, film, moving
from tests.cli.kit import Film, make

_SIZE = 256, 144


def beside(video: Path, source: Path | None, kind: str) -> CheckResult:
    model = ChecksModel.model_validate({"same_as": True})
    return check_video(VideoToCheck(video, model, ("same_as",), kind=kind, source=source))[0]


def scene(prompt: str) -> Scene:
    return Scene(prompt, "sora-2", *_SIZE, 2)


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Path, Path]:
    """Two animatics of different places."""
    found = tmp_path / "one.mp4", tmp_path / "other.mp4"
    animatic.draw(scene("A lantern-lit market at dusk. Pan left."), found[0])
    animatic.draw(scene("A snowfield under an overcast sky."), found[1])
    return found


def test_an_extension_continues_its_source_or_does_not(tmp_path: Path, drawn: tuple[Path, Path]) -> None:
    one, other = drawn
    longer = tmp_path / "longer.mp4"
    animatic.extend(one, scene("The camera rises over the roofs."), longer)
    assert beside(longer, one, "extend").verdict is Verdict.PASSED
    wrong = beside(longer, other, "extend")
    assert (wrong.verdict, wrong.frame in (24, 25)) == (Verdict.FAILED, True)
    assert wrong.message.startswith("does not continue its source at 2.")


def test_a_host_may_return_the_new_part_alone(tmp_path: Path) -> None:
    source = film(tmp_path / "source.mp4", moving, 24)
    part = film(tmp_path / "part.mp4", lambda n: moving(n + 24), 24)
    assert beside(part, source, "extend").verdict is Verdict.PASSED
    elsewhere = film(tmp_path / "elsewhere.mp4", lambda n: moving(n).T.repeat(2, 1)[:180, :320], 24)
    assert beside(elsewhere, source, "extend").verdict is Verdict.FAILED


def test_an_even_sky_hides_no_other_place_and_noise_makes_none(tmp_path: Path) -> None:
    def under_a_sky(stripes: int, noise: float) -> Levels:
        levels = np.full((180, 320), 120.0)
        levels[144:] = 120 + 100 * np.sign(np.sin(np.arange(320) / stripes))
        levels += np.random.default_rng(stripes).normal(0, noise, levels.shape)
        return levels.clip(0, 255).astype(np.uint8)

    source = film(tmp_path / "source.mp4", lambda n: under_a_sky(5, 0), 24)
    grainy = film(tmp_path / "grainy.mp4", lambda n: under_a_sky(5, 12), 24)
    elsewhere = film(tmp_path / "elsewhere.mp4", lambda n: under_a_sky(9, 0), 24)
    assert beside(grainy, source, "extend").verdict is Verdict.PASSED
    assert beside(elsewhere, source, "extend").verdict is Verdict.FAILED


def test_an_edit_keeps_the_outlines_of_its_source(tmp_path: Path, drawn: tuple[Path, Path]) -> None:
    one, other = drawn
    edited = tmp_path / "edited.mp4"
    animatic.edit(one, "Shift the palette to teal, sand and rust.", edited)
    assert beside(edited, one, "edit").verdict is Verdict.PASSED
    assert beside(other, one, "edit").verdict is Verdict.FAILED


def test_without_its_source_there_is_nothing_to_compare(tmp_path: Path, drawn: tuple[Path, Path]) -> None:
    assert beside(drawn[0], None, "extend").verdict is Verdict.SKIPPED
    assert beside(drawn[0], tmp_path / "gone.mp4", "edit").verdict is Verdict.SKIPPED


def test_in_a_library_steps_are_compared_and_takes_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], in_process: None
) -> None:
    pytest.importorskip("starlette")
    library: Film = make(
        tmp_path / "film",
        capsys,
        '[clips.pier]\nprompt = "A pier."\n[[clips.pier.steps]]\nextend = "On."\nseconds = 4\n'
        '[[clips.pier.steps]]\nedit = "At night."\n',
    )
    library.write("sorasync.toml", library.read("sorasync.toml") + "[checks]\nsame_as = true\n")
    assert library.run("apply", "--yes").code == 0
    videos = library.run("check", "--format", "json").json["videos"]
    found = {
        video["address"]: [one["verdict"] for one in video["checks"] if one["check"] == "same_as"]
        for video in videos
    }
    assert found == {"clip.pier": [], "clip.pier#1/1": ["passed"], "clip.pier#1/2": ["passed"]}


class Reader:
    """Reads a line from every picture that is bright in the middle, and a row of windows as signs."""

    def __init__(self, params: dict[str, object]) -> None:
        self.params = params

    def __call__(self, pixels: Levels) -> SimpleNamespace:
        lines = (
            [("CAFÉ LUMIÈRE", 0.99), ("1:", 0.95), ("smudge", 0.3), ("田田田田田由", 0.9)]
            if pixels[90, 160].max() > 200
            else []
        )
        return SimpleNamespace(txts=[text for text, _ in lines], scores=[score for _, score in lines])


def test_lettering_is_told_with_its_place_unless_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", SimpleNamespace(RapidOCR=Reader))
    video = film(tmp_path / "a.mp4", lambda n: np.full((180, 320), 230 if n >= 48 else 90, np.uint8), 96)
    found = checked(video, {"text": True})["text"]
    assert (found.verdict, found.frame) == (Verdict.FAILED, 60)
    assert found.message == 'lettering at 2.50 s (frame 60): "CAFÉ LUMIÈRE"'
    allowed = checked(video, {"text": {"allow": ["Café Lumière, since 1925"]}})["text"]
    assert allowed.verdict is Verdict.PASSED


def test_without_its_reader_text_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    found = checked(film(tmp_path / "a.mp4", moving, 24), {"text": True})["text"]
    assert found.verdict is Verdict.ERROR
    assert "reading lettering needs the extra ocr" in found.message
