"""`sorasync init`, and the way through a first library."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sorasync.cli.main import run

_ROOT = Path(__file__).parents[2]


def test_what_init_writes_can_be_planned_applied_and_destroyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film"
    assert run(["init", str(film)]) == 0
    out = capsys.readouterr().out
    assert [line.strip() for line in out.splitlines()[-3:]] == [
        f"cd {film}",
        "sorasync plan",
        "sorasync apply",
    ]
    at = ["--library", str(film)]
    assert run(["validate", *at]) == 0
    assert run(["plan", "--detailed-exitcode", *at]) == 2
    assert run(["apply", "--yes", *at]) == 0
    assert run(["plan", "--detailed-exitcode", *at]) == 0
    assert (film / "assets/first.mp4").exists()
    capsys.readouterr()
    assert run(["show", "first", *at]) == 0
    assert "file       assets/first.mp4" in capsys.readouterr().out
    assert list((film / "state/preview/videos").glob("*.mp4"))
    assert run(["destroy", "--yes", *at]) == 0
    assert not list((film / "state/preview/videos").glob("*.mp4"))
    assert run(["plan", "--detailed-exitcode", *at]) == 2


def test_every_commented_example_of_the_first_manifest_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["init", str(tmp_path)])
    manifest = tmp_path / "manifests/first.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    code = [re.sub(r"^# (?=\[|\w+ = )", "", line) for line in lines]
    text = "\n".join(code).replace("takes = 3 ", "takes = 1 ")
    manifest.write_text(text, encoding="utf-8")
    (tmp_path / "manifests/refs").mkdir()
    shutil.copy(_ROOT / "manifests/refs/mossy.mp4", tmp_path / "manifests/refs/mossy.mp4")
    capsys.readouterr()
    code_found = run(["validate", "--library", str(tmp_path)])
    shown = capsys.readouterr()
    assert code_found == 0, shown.err
    assert "3 clips and 1 character are" in shown.out


def test_every_commented_setting_of_the_configuration_is_valid(tmp_path: Path) -> None:
    run(["init", str(tmp_path)])
    config = tmp_path / "sorasync.toml"
    lines = config.read_text(encoding="utf-8").splitlines()
    code = [line.removeprefix("# ") if "=" in line or line.startswith("# [") else line for line in lines]
    config.write_text("\n".join(code), encoding="utf-8")
    assert "[env.live.provider]" in code
    assert run(["validate", "--library", str(tmp_path)]) == 0
    assert run(["validate", "--library", str(tmp_path), "--env", "live"]) == 0


def test_a_library_that_is_there_gets_what_it_lacks_and_keeps_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sorasync.toml").write_text("# mine\n", encoding="utf-8")
    (tmp_path / ".gitattributes").write_text("*.mp4 binary", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 0
    assert "added  a line to .gitattributes" in capsys.readouterr().out
    attributes = (tmp_path / ".gitattributes").read_text(encoding="utf-8")
    assert attributes.splitlines()[0] == "*.mp4 binary"
    assert {"sorasync*.lock merge=union", "review.toml merge=union"} <= set(attributes.splitlines())
    assert (tmp_path / "sorasync.toml").read_text(encoding="utf-8") == "# mine\n"
    assert not (tmp_path / "manifests").exists()
    assert (tmp_path / ".gitignore").exists()
    assert (tmp_path / ".sorasync/manifest.schema.json").exists()

    assert run(["init", str(tmp_path), "--format", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["written"], again["extended"]) == ([], [])
    assert (tmp_path / ".gitattributes").read_text(encoding="utf-8") == attributes


def test_a_library_of_before_gets_the_rule_that_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "sorasync.toml").write_text("", encoding="utf-8")
    (tmp_path / ".gitattributes").write_text("sorasync.lock merge=union\n", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 0
    lines = (tmp_path / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "sorasync.lock merge=union" and lines[-1] == "review.toml merge=union"
    assert len(lines) == 3


def test_other_files_that_are_there_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".gitignore").write_text("mine\n", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 0
    assert "kept   .gitignore" in capsys.readouterr().out
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_state_and_assets_stay_out_of_git(tmp_path: Path) -> None:
    run(["init", str(tmp_path)])
    (tmp_path / "state/sorasync.db").write_bytes(b"")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/a.mp4").write_bytes(b"")
    (tmp_path / "sorasync.lock").write_bytes(b"")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, timeout=120)
    done = subprocess.run(
        ["git", "status", "--short", "-uall"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    names = {line[3:] for line in done.stdout.splitlines()}
    assert names == {
        ".gitattributes",
        ".gitignore",
        ".sorasync/config.schema.json",
        ".sorasync/manifest.schema.json",
        "manifests/first.toml",
        "sorasync.lock",
        "sorasync.toml",
        "state/.gitignore",
        "state/README.md",
    }


def test_quiet_means_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "-q", str(tmp_path / "film")]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "film/sorasync.toml").exists()
