"""A library from strangers reads, sends and writes nothing outside its own directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sorasync.preview.media import tiny_video
from tests.hostile.kit import CONFIG, FEW, KEY, ONE, VARIABLE, Victim, make
from tests.hostile.server import Asked, Liar, Said, lying
from tests.hostile.test_server import one_job

SECRET = "words-of-another-directory"
VIDEO = Said(200, tiny_video(1280, 720, 4, "a"), {"content-type": "video/mp4"})


def honest(asked: Asked) -> Said:
    """A provider without malice."""
    return one_job(asked, "video_1", VIDEO)


def outside(tmp_path: Path) -> Path:
    """A directory beside the library, with a manifest and a file of somebody else."""
    found = tmp_path / "outside"
    found.mkdir()
    (found / "secret").write_text(SECRET)
    (found / "clips.toml").write_text(f'[clips.pier]\nprompt = "{SECRET}"\n')
    return found


def refused(victim: Victim, liar: Liar) -> None:
    """Nothing is planned, sent or shown."""
    for command in (("validate",), ("plan",), ("apply", "--yes"), ("validate", "--format", "json")):
        assert victim.run(*command) == 1
    assert SECRET not in "".join(victim.printed)
    assert not any(asked.method == "POST" for asked in liar.seen)


@pytest.mark.parametrize("path", ["../../outside/secret", "/etc/hostname", "link", "links/secret"])
@pytest.mark.parametrize("field", ["prompt_file", "image", "video"])
def test_a_manifest_names_no_file_outside(
    path: str, field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = outside(tmp_path)
    lines = {
        "prompt_file": f'[clips.pier]\nprompt_file = "{path}"\n',
        "image": f'[clips.pier]\nprompt = "A pier."\nimage = "{path}"\n',
        "video": f'[characters.m]\nname = "M"\nvideo = "{path}"\n' + ONE,
    }
    with lying(honest) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch, lines[field])
        (victim.root / "manifests" / "link").symlink_to(elsewhere / "secret")
        (victim.root / "manifests" / "links").symlink_to(elsewhere)
        refused(victim, liar)


@pytest.mark.parametrize("linked", ["clips.toml", None])
def test_no_manifest_is_read_through_a_link_that_leads_outside(
    linked: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = outside(tmp_path)
    with lying(honest) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        name = linked or "more"
        (victim.root / "manifests" / f"x-{name}").symlink_to(elsewhere / linked if linked else elsewhere)
        refused(victim, liar)


def test_a_name_that_is_a_link_outside_is_neither_written_through_nor_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = outside(tmp_path)
    with lying(honest) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        (victim.root / "assets").mkdir()
        (victim.root / "assets" / "pier.mp4").symlink_to(elsewhere / "secret")
        victim.run("apply", "--yes")

    assert (elsewhere / "secret").read_text() == SECRET
    assert (victim.root / "assets" / "pier.mp4").readlink() == elsewhere / "secret"


TOUCHING = (
    ("apply", "--yes"),
    ("gc", "--delete"),
    ("state", "recover"),
    ("drift", "--full"),
    ("doctor",),
    ("destroy", "--yes"),
)


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a directory with its mode and bytes."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): (path.stat().st_mode, path.read_bytes()) for path in files}


@pytest.mark.parametrize("place", [".store", ".store/tmp", ".store/shard"])
def test_a_store_that_became_a_link_is_neither_written_nor_deleted_through(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "outside"
    with lying(honest) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        assert victim.run("apply", "--yes") == 0
        store = victim.root / "assets" / ".store"
        shard = next(store.glob("??/*.mp4")).parent
        linked = shard if place.endswith("shard") else victim.root / "assets" / place
        linked.rename(elsewhere)
        linked.symlink_to(elsewhere)
        (elsewhere / "old.mp4.part").write_bytes(b"begun")
        os.utime(elsewhere / "old.mp4.part", (0, 0))
        before = tree(elsewhere)
        sent = sum(asked.method == "POST" for asked in liar.seen)
        victim.write("manifests/clips.toml", ONE.replace("dawn", "dusk"))
        for command in TOUCHING:
            assert victim.run(*command) == 1
            assert f"{linked.name} is a link" in victim.last()

    assert tree(elsewhere) == before
    assert sum(asked.method == "POST" for asked in liar.seen) == sent


def test_a_store_that_was_a_link_from_the_start_is_not_paid_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = outside(tmp_path)
    before = tree(elsewhere)
    with lying(honest) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        (victim.root / "assets").mkdir()
        (victim.root / "assets" / ".store").symlink_to(elsewhere)
        assert victim.run("apply", "--yes") == 1
        assert not any(asked.method == "POST" for asked in liar.seen)

    assert tree(elsewhere) == before


def test_an_address_with_a_password_is_refused_and_the_password_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = make(tmp_path / "film", "https://user:hunter2@videos.example/v1", capsys, monkeypatch)
    for command in (("plan",), ("validate",), ("plan", "--format", "json"), ("apply", "--yes")):
        assert victim.run(*command) == 1
    assert "hunter2" not in "".join(victim.printed)


def test_a_key_that_a_command_prints_is_found_nowhere_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lying(honest) as liar:
        victim = make(tmp_path / "film", liar.url, capsys, monkeypatch)
        monkeypatch.delenv(VARIABLE)
        monkeypatch.setenv("WHERE_THE_KEY_IS", KEY)
        script = "import os; print(os.environ['WHERE_THE_KEY_IS'])"
        more = f'api_key_command = ["{sys.executable}", "-c", "{script}"]\n[defaults]'
        victim.write("sorasync.toml", CONFIG.format(url=liar.url).replace("[defaults]", more))
        victim.run("apply", "--yes")
        victim.look_everywhere(FEW)

    assert any(KEY in asked.headers.get("authorization", "") for asked in liar.seen)
    assert victim.leaks() == []
