"""Files that a command is told to write: whole, through links, and into what is no file."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.kit import Film


def test_what_is_no_file_is_written_into_and_never_replaced(film: Callable[[str], Film]) -> None:
    one = film('[clips.a]\nprompt = "A pier at dusk."\n')
    pipe, read = one.root / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert one.run("plan", "--out", str(pipe)).code == 0
    reader.join(60)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (one.root / "link").symlink_to("saved")
    assert one.run("plan", "--out", str(one.root / "link")).code == 0
    assert (one.root / "link").is_symlink()
    assert (one.root / "saved").read_bytes() == read[0]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("state/sorasync.db", "in the state of the library"),
        ("state/sorasync.db-wal", "in the state of the library"),
        ("sorasync.lock", "the library's own file"),
        ("sorasync-draft.lock", "the library's own file"),
        ("sorasync.toml", "the library's own file"),
        ("prices.toml", "the library's own file"),
        ("manifests/a.toml", "a manifest of the library"),
        ("manifests/new.toml", "a manifest of the library"),
        ("drafts/b.toml", "a manifest of the library"),
        ("elsewhere/draft.db", "in the state of the library"),
        ("elsewhere/backups/old.db", "in the state of the library"),
        ("assets/.store/aa/video", "in the asset store"),
        ("link", "a manifest of the library"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [("plan", "--out"), ("schema", "--out"), ("state", "export")],
    ids=lambda words: words[0],
)
def test_no_output_replaces_what_a_library_lives_on(
    film: Callable[[str], Film], command: tuple[str, ...], name: str, what: str
) -> None:
    one = film('[clips.a]\nprompt = "A pier at dusk."\n')
    draft = 'library = { manifests = "drafts" }\nstate = { url = "sqlite:elsewhere/draft.db" }\n'
    one.write("sorasync.toml", f"{one.read('sorasync.toml')}[env.draft]\n{draft}")
    (one.root / "link").symlink_to("manifests/a.toml")
    before = {path: path.read_bytes() for path in one.root.rglob("*") if path.is_file()}
    refused = one.run(*command, name)
    assert (refused.code, refused.out) == (1, "")
    assert f"{name} is {what}: nothing else is written there" in refused.err
    after = {path: path.read_bytes() for path in one.root.rglob("*") if path.is_file()}
    assert after == before


def test_a_database_is_never_replaced_by_an_output(film: Callable[[str], Film], tmp_path: Path) -> None:
    one = film('[clips.a]\nprompt = "A pier at dusk."\n')
    with sqlite3.connect(tmp_path / "people.db") as people:
        people.execute("CREATE TABLE people (name)")
    people.close()
    refused = one.run("plan", "--out", str(tmp_path / "people.db"))
    assert refused.code == 1
    assert "people.db is a database: nothing else is written there" in refused.err


@pytest.mark.parametrize("suffix", ["srt", "csv", "mp4", "otio"])
def test_no_cut_is_written_into_the_asset_store(film: Callable[[str], Film], suffix: str) -> None:
    one = film('[clips.a]\nprompt = "A pier at dusk."\n[cuts.teaser]\nevents = [{ clip = "a" }]\n')
    refused = one.run("cut", "teaser", "--out", f"assets/.store/film.{suffix}")
    assert refused.code == 1
    assert "is in the asset store" in refused.err
    assert not (one.root / "assets" / ".store" / f"film.{suffix}").exists()


def test_no_output_replaces_a_render_or_what_a_manifest_names(film: Callable[[str], Film]) -> None:
    one = film(
        '[clips.a]\nprompt = "Hello, {{ name }}."\neach = { csv = "people.csv", key = "id" }\n'
        '[clips.b]\nprompt_file = "b.txt"\n'
        '[cuts.teaser]\nevents = [{ clip = "b" }]\naudio = [{ file = "theme.wav" }]\n'
    )
    one.write("manifests/people.csv", "id,name\n7,Ada\n")
    one.write("manifests/b.txt", "A bay.")
    one.write("manifests/theme.wav", "sound")
    assert one.run("apply", "--yes", "--target", "clip.b").code == 0
    for name in ("people.csv", "b.txt"):
        refused = one.run("plan", "--out", f"manifests/{name}")
        assert refused.code == 1 and "is read by a manifest of the library" in refused.err
    refused = one.run("cut", "teaser", "--out", "manifests/people.csv")
    assert refused.code == 1 and "is read by a manifest of the library" in refused.err
    refused = one.run("plan", "--out", "manifests/theme.wav")
    assert refused.code == 1 and "is read by a manifest of the library" in refused.err
    video = (one.root / "assets" / "b.mp4").read_bytes()
    for command in (("plan", "--out"), ("cut", "teaser", "--out"), ("state", "export")):
        refused = one.run(*command, "assets/b.mp4")
        assert refused.code == 1
        assert "assets/b.mp4 is " in refused.err and "nothing else is written there" in refused.err
    assert (one.root / "assets" / "b.mp4").read_bytes() == video
    assert one.run("plan", "--out", "assets/plan.json").code == 0
