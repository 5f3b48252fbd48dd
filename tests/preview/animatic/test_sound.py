"""The plain soundtrack: each line is heard when it stands there."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from sorasync.preview.animatic import draw, edit, extend
from sorasync.preview.animatic.pictogram_names import language_of
from sorasync.preview.animatic.speech import RATE, SaidLine, Soundtrack
from tests.preview.animatic.support import scene

SPOKEN = 'Shot 1\nAction:\n- waits\nDialogue:\n- Ada: "We are late."'


@pytest.fixture(autouse=True)
def _no_voice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def heard(video: Path) -> list[bool]:
    """For each half second of a video whether anything is heard; none without sound."""
    with av.open(str(video)) as container:
        if not container.streams.audio:
            return []
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    samples = np.concatenate(blocks)
    half = RATE // 2
    return [
        bool(np.abs(samples[at : at + half]).max() > 0.02) for at in range(0, samples.size - half // 2, half)
    ]


def test_a_line_sounds_when_it_is_spoken_and_nothing_else(tmp_path: Path) -> None:
    draw(scene(SPOKEN, seconds=5), tmp_path / "a.mp4")
    found = heard(tmp_path / "a.mp4")
    assert len(found) == 10
    assert (found[0], found[4], found[-1]) == (False, True, False)


def test_without_dialogue_there_is_no_sound(tmp_path: Path) -> None:
    draw(scene("A dog."), tmp_path / "a.mp4")
    assert heard(tmp_path / "a.mp4") == []


def test_extensions_and_edits_keep_the_lines_of_their_source(tmp_path: Path) -> None:
    draw(scene(SPOKEN, seconds=3), tmp_path / "a.mp4")
    edit(tmp_path / "a.mp4", "Warmer.", tmp_path / "b.mp4")
    extend(tmp_path / "b.mp4", scene(SPOKEN, seconds=3), tmp_path / "c.mp4")
    first, both = heard(tmp_path / "a.mp4"), heard(tmp_path / "c.mp4")
    assert heard(tmp_path / "b.mp4") == first
    assert both == [*first, *first]


def test_a_block_is_the_same_wherever_it_begins() -> None:
    track = Soundtrack([SaidLine(0.5, 1.5, "Ada", "No."), SaidLine(1.2, 2.0, "Bo", "Yes.")])
    whole = track.block(0, 2 * RATE)
    parts = np.concatenate([track.block(start, 4096) for start in range(0, 2 * RATE, 4096)])
    assert np.allclose(whole, parts[: 2 * RATE])
    assert np.abs(whole).max() < 1


def test_a_voice_on_this_machine_says_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said.wav"
    with wave.open(str(said), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(22_050)
        sound.writeframes((np.full(22_050, 8_000)).astype("<i2").tobytes())
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\nexec /bin/cat {said}\n")
    program.chmod(0o755)
    block = Soundtrack([SaidLine(1.0, 3.0, "Ada", "A voice.")]).block(0, 4 * RATE)
    assert np.allclose(block[round(1.2 * RATE) : round(1.8 * RATE)], 8_000 / 32_768, atol=0.01)
    assert np.abs(block[: RATE - 10]).max() == np.abs(block[round(2.2 * RATE) :]).max() == 0
    program.write_text("#!/bin/sh\nexit 1\n")
    assert np.abs(Soundtrack([SaidLine(0.0, 1.0, "Ada", "No voice.")]).block(0, RATE)).max() > 0.02
    assert os.environ["PATH"] == str(tmp_path)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Ich glaube es nicht, bis ich ihn sehe.", "de"),
        ("He is coming home tonight, at last.", "en"),
        ("I do not know what you mean.", "en"),
        ("Je ne sais pas où il est.", "fr"),
        ("No sé quién eres, pero te conozco.", "es"),
        ("Non so chi sei, ma ti conosco.", "it"),
        ("Eu não sei onde você está.", "pt"),
        ("Ben seni tanıyorum ama o değil.", "tr"),
        ("Aku tidak tahu siapa dia.", "id"),
        ("彼はどこですか", "ja"),
        ("Wait!", "en"),
    ],
)
def test_a_line_is_spoken_in_its_own_language(line: str, language: str) -> None:
    assert language_of(line) == language
