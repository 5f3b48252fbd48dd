"""The hooks for pre-commit run commands that exist, on the files of a library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sorasync.cli.main import COMMANDS, run

HOOKS = (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")


def test_the_hooks_run_commands_that_exist() -> None:
    entries = re.findall(r"entry: sorasync (\S+)", HOOKS)
    assert entries == ["validate", "fmt"]
    assert set(entries) <= set(COMMANDS)


def test_the_hooks_look_at_the_files_of_a_library() -> None:
    validate, fmt = re.findall(r"files: (.+)", HOOKS)
    for path in ("sorasync.toml", "manifests/a.toml", "film/manifests/act-1/b.toml"):
        assert re.search(validate, path)
        assert re.search(fmt, path)
    assert re.search(validate, "manifests/refs/a.png")
    assert not re.search(fmt, "manifests/refs/a.png")
    assert not re.search(fmt, "pyproject.toml")
    assert not re.search(validate, "pyproject.toml")


def test_a_hook_checks_the_libraries_that_files_belong_to_from_the_top_of_a_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, key in (("film", "prmpt"), ("trailer", "prompt"), ("ads/teaser", "prompt")):
        (tmp_path / name / "manifests").mkdir(parents=True)
        (tmp_path / name / "sorasync.toml").write_text('[provider]\nprofile = "preview"\n')
        (tmp_path / name / "manifests" / "a.toml").write_text(f'[clips.a]\n{key} = "A pier."\n')
    assert run(["validate", "trailer/manifests/a.toml"]) == 0
    assert "1 clip and" in capsys.readouterr().out
    assert run(["validate", "film/manifests/a.toml", "film/sorasync.toml"]) == 1
    assert "error[S103] film/manifests/a.toml:2:1: " in capsys.readouterr().err
    every = [f"{name}/manifests/a.toml" for name in ("film", "trailer", "ads/teaser")]
    assert run(["validate", *every]) == 1
    shown = capsys.readouterr()
    assert shown.out.count("1 clip and 0 characters are valid") == 2
    assert "film/manifests/a.toml:2:1" in shown.err
    assert run(["validate", "--format", "json", *every]) == 64
    assert run(["validate", "film/manifests/deleted.toml"]) == 1
    assert run(["validate", "elsewhere.toml"]) == 1
    assert "no sorasync.toml in" in capsys.readouterr().err


def test_a_fault_is_named_as_a_terminal_can_open_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "film"
    (library / "manifests").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (library / "sorasync.toml").write_text("")
    (library / "manifests" / "a.toml").write_text('[clips.a]\nprmpt = "A pier."\n')
    places = {
        tmp_path: "film/manifests/a.toml",
        library: "manifests/a.toml",
        library / "manifests": "a.toml",
        tmp_path / "elsewhere": f"{library.as_posix()}/manifests/a.toml",
    }
    for place, name in places.items():
        monkeypatch.chdir(place)
        for command in ("validate", "plan", "graph"):
            assert run(["--library", str(library), command]) == 1
            shown = capsys.readouterr()
            assert f" {name}:2:1: " in shown.out + shown.err, (place, command)
    (library / "sorasync.toml").write_text("[provder]\n")
    monkeypatch.chdir(tmp_path)
    assert run(["--library", "film", "status"]) == 1
    assert " film/sorasync.toml:1:2: " in capsys.readouterr().err
