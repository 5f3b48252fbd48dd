"""Films: every frame is the one that was asked for, and the sound is in step with it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.cli.kit import Film, make
from tests.cuts.kit import beeps, frames_of, numbers_of, samples_of, stored, tone, video, wave_file

CLIPS = '[clips.a]\nprompt = "A kitchen."\n[clips.b]\nprompt = "A harbour."\ntakes = 2\npick = 2\n'


def cut(events: str, more: str = "") -> str:
    return f'{CLIPS}[cuts.reel]\nsize = "64x36"\n{more}\nevents = [{events}]\n'


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library whose two clips are rendered: 4 seconds at 24 and at 25 frames a second."""
    made = make(tmp_path / "film", capsys, cut('{ clip = "a" }'))
    stored(made, "clip.a#1", video(tmp_path / "a.mp4", 24, 96, beep=1.0))
    stored(made, "clip.b#2", video(tmp_path / "b.mp4", 25, 100, (128, 36), striped=True))
    return made


def filmed(film: Film, events: str, more: str = "") -> list[float]:
    film.write("manifests/a.toml", cut(events, more))
    answer = film.run("cut", "reel", "--out", "reel.mp4")
    assert answer.code == 0, answer.err
    return frames_of(film.root / "reel.mp4")


def same(found: list[float], wanted: list[float]) -> None:
    assert len(found) == len(wanted)
    # Neighbours are 1 apart; encoding twice costs half of that.
    assert np.abs(np.subtract(found, wanted)).max() <= 0.75


def test_every_frame_of_every_event_is_that_of_its_source(film: Film) -> None:
    found = filmed(
        film, '{ clip = "a", in = "10f", out = 2 }, { gap = "3f" }, { clip = "b", in = 1, out = 2.5 }'
    )
    at_25 = [int((24 + number) * 25 / 24 + 0.01) for number in range(36)]
    assert numbers_of(film.root / "reel.mp4")[41:] == at_25
    same(found[:38], list(range(10, 48)))
    assert max(found[38:41]) < 0
    assert len(found) == 38 + 3 + 36


@pytest.mark.parametrize("fps", [12, 23.976, 25, 30])
def test_sources_are_conformed_to_the_cut(film: Film, fps: float) -> None:
    found = filmed(film, '{ clip = "a", in = 1, out = 3 }', f"fps = {fps}")
    rate = round(fps) / 1.001 if fps == 23.976 else fps
    first = round(rate)
    assert len(found) == round(2 * rate)
    same(found, [float(int((first + number) / rate * 24 + 0.02)) for number in range(len(found))])


def test_a_dissolve_overlaps_and_a_fade_does_not(film: Film) -> None:
    events = (
        '{ transition = "fade", length = "6f" }, { clip = "a", out = 1 }, '
        '{ transition = "dissolve", length = "7f" }, { clip = "a", in = 2, out = 3 }, '
        '{ transition = "fade", length = "6f" }, { clip = "a", in = 1, out = 2 }, '
        '{ transition = "fade", length = "6f" }'
    )
    found = filmed(film, events)
    assert len(found) == 24 - 7 + 24 + 24
    same(found[6:17], [float(number) for number in range(6, 17)])
    # In the middle of the dissolve both are seen alike.
    assert found[20] == pytest.approx((20 + 51) / 2, abs=1)
    same(found[24:38], [float(48 + number) for number in range(7, 21)])
    assert found[0] < 3 and found[40] < 40 and found[41] < 10 and found[-1] < 15
    assert found[0] < found[1] < found[2] < found[3]
    assert found[-1] < found[-2] < found[-3]


def test_sources_keep_their_shape(film: Film) -> None:
    filmed(film, '{ clip = "b" }')
    with av.open(str(film.root / "reel.mp4")) as container:
        picture = np.asarray(next(container.decode(video=0)).to_ndarray(format="yuv420p"))[:36]
    assert picture[:8].max() < 24 and picture[-8:].max() < 24


def test_a_take_can_be_pinned_and_what_is_missing_is_drawn(film: Film) -> None:
    film.write("manifests/a.toml", cut('{ clip = "b" }, { clip = "b", take = 1, out = 1 }'))
    answer = film.run("cut", "reel", "--format", "json")
    assert answer.code == 0, answer.err
    events = answer.json["events"]
    assert [(one["address"], one["footage"]) for one in events] == [
        ("clip.b#2", "rendered"),
        ("clip.b#1", "animatic"),
    ]
    assert (answer.json["rendered"], answer.json["renders"], answer.json["cost_usd"]) == (1, 2, "0.40")
    assert len(frames_of(Path(answer.json["file"]))) == answer.json["frames"] == 120


def test_a_film_is_made_again_only_if_it_would_be_another(film: Film) -> None:
    def made(*, changed: str | None = None) -> tuple[bool, int]:
        if changed is not None:
            film.write("manifests/a.toml", changed)
        answer = film.run("cut", "cut.reel", "--format", "json")
        assert answer.code == 0, answer.err
        return answer.json["made"], Path(answer.json["file"]).stat().st_mtime_ns

    first = made()
    assert first[0] is True
    assert made() == (False, first[1])
    film.write("manifests/b.toml", '[cuts.other]\nevents = [{ clip = "a" }]\n')
    assert made(changed=cut('{ clip = "a" }', 'names = "{cut}"')) == (False, first[1])
    again = made(changed=cut('{ clip = "a", gain = -3 }'))
    assert again[0] is True
    assert made() == (False, again[1])


def test_a_film_that_breaks_off_leaves_the_one_before(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    from sorasync.cuts import film as films

    assert film.run("cut", "reel", "--out", "reel.mp4").code == 0
    before = (film.root / "reel.mp4").read_bytes()
    film.write("manifests/a.toml", cut('{ clip = "a", out = 1 }'))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(films._Writer, "finish", interrupted)
    assert film.run("cut", "reel", "--out", "reel.mp4").code == 130
    assert (film.root / "reel.mp4").read_bytes() == before
    assert [path.name for path in film.root.iterdir() if "reel" in path.name] == ["reel.mp4"]


def test_a_damaged_video_is_named(film: Film) -> None:
    found = film.run("cut", "reel", "--format", "json").json["events"][0]["address"]
    render = film.render(f"{found}#1")
    with film.store() as store:
        asset = store.records([render.key])[render.key].asset
    assert asset is not None
    film.project.assets().path_of(asset).write_bytes(b"nothing")
    film.write("manifests/a.toml", cut('{ clip = "a", out = 1 }'))
    answer = film.run("cut", "reel")
    assert answer.code == 1 and "cannot be decoded" in answer.err


@pytest.mark.heavy
def test_sound_is_in_step_over_two_minutes(film: Film) -> None:
    found = filmed(film, ", ".join(['{ clip = "a", in = "1f" }'] * 31), "fps = 12")
    assert len(found) == 31 * 47
    heard = beeps(samples_of(film.root / "reel.mp4"), 12)
    assert heard == [number * 47 + 11 for number in range(31)]


def test_tracks_begin_and_end_where_they_should(film: Film) -> None:
    wave_file(film.root / "sound/theme.wav", tone(6, 2.0, 0.5))
    track = 'audio = [{ file = "../sound/theme.wav", at = 0.5, in = 1, fade_out = 1 }]'
    filmed(film, '{ clip = "b", out = 3 }', track)
    samples = samples_of(film.root / "reel.mp4")
    assert beeps(samples, 24) == [36]
    assert abs(len(samples) / 48_000 - 3) < 0.03


def test_films_have_one_loudness(film: Film) -> None:
    from sorasync.cuts.sound import LoudnessMeter

    for gain in (-20, 0):
        wave_file(film.root / "sound/theme.wav", tone(4, 0, 4))
        track = f'loudness = -20\naudio = [{{ file = "../sound/theme.wav", gain = {gain} }}]'
        filmed(film, '{ clip = "b" }', track)
        samples = samples_of(film.root / "reel.mp4")
        meter = LoudnessMeter()
        for at in range(0, len(samples), 2000):
            meter.hear(np.stack([samples[at : at + 2000]] * 2))
        assert 20 * np.log10(meter.gain_to(-20)) == pytest.approx(0, abs=0.3)


def test_a_cut_that_does_not_add_up_is_refused_in_place(film: Film) -> None:
    film.write("manifests/a.toml", cut('{ clip = "a", out = 9 }', "max_length = 8"))
    for command in (("cut", "reel"), ("validate",)):
        answer = film.run(*command)
        assert answer.code == 1
        assert "error[S118] manifests/a.toml:10:31: `out` is 9 s, but clip.a has 4 s" in answer.err
    assert film.run("plan", "--offline").code == 0
    assert "did you mean reel?" in film.run("cut", "real").err


def test_plan_and_status_say_what_a_cut_still_costs(film: Film) -> None:
    film.write("manifests/a.toml", cut('{ clip = "a" }, { clip = "b", take = 1, in = 1 }', "max_length = 8"))
    text = "cut.reel: 7 s, 1 of 2 renders done, $0.40 still to be paid"
    facts = {
        "address": "cut.reel",
        "seconds": 7.0,
        "frames": 168,
        "renders": 2,
        "rendered": 1,
        "cost_usd": "0.40",
        "valid": True,
    }
    for command in (("plan", "--offline"), ("status",)):
        assert text in film.run(*command).out.splitlines()
        assert film.run(*command, "--format", "json").json["cuts"] == [facts]
    assert "cuts" not in film.run("status", "clip.a", "--format", "json").json
    assert "cut.reel" not in film.run("plan", "--offline", "--target", "clip.a").out
    film.write("manifests/a.toml", cut('{ clip = "a", out = 9 }'))
    assert "does not add up: sorasync validate" in film.run("status").out
    film.write("manifests/a.toml", CLIPS)
    assert "cuts" not in film.run("status", "--format", "json").json
