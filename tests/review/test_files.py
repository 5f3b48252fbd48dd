"""What the command writes besides serving: exported pages, notes that come back, comparisons."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import av
import pytest

from tests.cuts.kit import picture, stored
from tests.review.studio import Studio, studio


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Studio:
    return studio(tmp_path / "film", capsys)


def test_an_exported_page_holds_its_scripts_and_names_no_other(film: Studio, tmp_path: Path) -> None:
    assert film.run("review", "--html", str(tmp_path / "out")).code == 0
    text = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!#)([^"']*)""", text) == []
    policy = re.findall(r'content="(default-src[^"]*)"', text)
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(policy) == len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy[0]
    names = {path.suffix for path in (tmp_path / "out/media").iterdir()}
    assert names == {".mp4", ".webp"}


def test_a_prompt_cannot_leave_the_data_of_an_exported_page(film: Studio, tmp_path: Path) -> None:
    film.write("manifests/b.toml", "[clips.bad]\nprompt = '</script><script>alert(1)</script><!--'\n")
    assert film.run("review", "--html", str(tmp_path / "out"), "--target", "bad").code == 0
    text = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "alert(1)" in text and "<script>alert" not in text
    assert text.count("</script>") == 2


def test_only_what_was_asked_for_is_exported(film: Studio, tmp_path: Path) -> None:
    film.write("manifests/c.toml", '[cuts.teaser]\nevents = [{ clip = "harbour" }, { gap = 1 }]\n')
    answer = film.run("review", "--html", str(tmp_path / "out"), "--cut", "teaser", "--format", "json")
    assert answer.json["clips"] == 1
    text = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "A harbour at dawn" in text and "lantern-lit" not in text
    assert '"spent": null' in text and '/api/money": {' not in text
    assert film.run("review", "--html", str(tmp_path / "whole")).code == 0
    whole = (tmp_path / "whole/index.html").read_text(encoding="utf-8")
    assert '"spent": null' not in whole and '/api/money": {' in whole
    assert film.run("review", "--html", str(tmp_path / "out"), "--target", "nothing").code == 1


def test_a_directory_of_somebody_elses_is_left_alone(film: Studio, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    assert film.run("review", "--html", str(out)).code == 1
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]
    (out / "thesis.txt").unlink()
    assert film.run("review", "--html", str(out)).code == 0
    assert film.run("review", "--html", str(out)).code == 0
    (out / "added.txt").write_text("mine")
    assert film.run("review", "--html", str(out)).code == 1
    assert (out / "media").is_dir()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "[]",
        '{"format_version": 1}',
        {"notes": [{"id": "ABCD", "on": "clip.souk#1", "text": "x"}]},
        {"notes": [{"id": "abcd", "on": "../souk", "text": "x"}]},
        {"notes": [{"id": "abcd", "on": "clip.souk#1", "text": 3, "box": "x"}]},
        {"rejected": [{"on": "clip.souk#1"}]},
        {"notes": [{"id": 'a" = 1\nx', "on": "clip.souk#1", "text": "x"}]},
    ],
    ids=str,
)
def test_a_file_that_no_page_wrote_changes_nothing(film: Studio, tmp_path: Path, given: Any) -> None:
    path = tmp_path / "notes.json"
    blank = {"format_version": 1, "library": "film", "notes": [], "rejected": [], "picks": {}}
    path.write_text(given if isinstance(given, str) else json.dumps(blank | given))
    answer = film.run("review", "--read", str(path))
    assert answer.code == 1 and "error:" in answer.err and "Traceback" not in answer.err
    assert not (film.root / "manifests/review.toml").exists()


def test_two_takes_side_by_side_as_one_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = Studio(tmp_path / "film", capsys, lengths=[1, 2])
    film.write("sorasync.toml", '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n')
    film.write("manifests/a.toml", '[clips.souk]\nprompt = "x"\ntakes = 2\n')
    film.settle()
    out = tmp_path / "both.mp4"
    answer = film.run("review", "--compare", "souk#1", "souk#2", "--out", str(out))
    assert answer.code == 0 and "clip.souk#1 beside clip.souk#2, 2.0 s" in answer.out
    with av.open(str(out)) as made:
        stream = made.streams.video[0]
        assert stream.width > 2 * 160 and stream.average_rate == 24
        frames = list(made.decode(stream))
    assert len(frames) == 48
    last = frames[-1].to_ndarray(format="rgb24")
    left, right = last[80, 100], last[80, 160 + 8 + 100]
    assert abs(int(left[0]) - 40) < 6 and abs(int(right[0]) - 70) < 6
    assert film.run("review", "--compare", "souk#1", "souk#9", "--out", str(out)).code == 1
    answer = film.run("review", "--compare", "souk#1", "souk#2", "--out", str(tmp_path / "none/x.mp4"))
    assert "cannot write" in answer.err


def test_a_still_beside_a_video_is_seen_to_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Studio(tmp_path / "film", capsys, lengths=[1])
    film.write("sorasync.toml", '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n')
    manifest = '[stills.quay]\nprompt = "q"\ntakes = 2\n[clips.souk]\nprompt = "x"\n'
    film.write("manifests/a.toml", manifest)
    film.settle(lambda render: render.address == "clip.souk#1")
    for take in (1, 2):
        stored(film, f"still.quay#{take}", picture(tmp_path / f"{take}.png", 40 * take))
    out = tmp_path / "both.mp4"
    answer = film.run("review", "--compare", "souk", "still.quay#2", "--out", str(out))
    assert answer.code == 0 and "1.0 s" in answer.out
    with av.open(str(out)) as made:
        assert made.streams.video[0].average_rate == 24
        last = list(made.decode(video=0))[-1].to_ndarray(format="rgb24")
    # The picture is as light as its number says, and stays to the end.
    (still,) = av.open(str(tmp_path / "2.png")).decode(video=0)
    assert abs(int(last[-1, -1][0]) - int(still.to_ndarray(format="rgb24")[0, 0][0])) < 6
    answer = film.run("review", "--compare", "still.quay#1", "still.quay#2", "--out", str(out))
    assert answer.code == 1 and "both are stills" in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--listen", "0.0.0.0"), "open to everybody who can reach 0.0.0.0"),
        (("--listen", "0.0.0.0", "--user-header", "X-User"), "could set that header"),
        (("--listen", "127.0.0.1", "--user", "Ann:hunter2"), "at least 16 characters"),
        (("--target", "a"), "go with --html"),
        (("--html", "x", "--read", "y"), "cannot be combined"),
        (("--compare", "a", "b"), "go together"),
    ],
)
def test_what_would_be_unsafe_or_means_nothing_is_refused(
    film: Studio, arguments: tuple[str, ...], words: str
) -> None:
    answer = film.run("review", "--no-browser", *arguments)
    assert answer.code in (1, 64)
    assert words in answer.err
    assert "hunter2" not in answer.err
