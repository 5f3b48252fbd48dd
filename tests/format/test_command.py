"""`sorasync fmt` writes what differs, says so, and touches nothing else."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sorasync.cli.main import run

UNTIDY = '[clips.a]\nprompt="A."   # why\n[clips.b]\nprompt = "B."\n'
TIDY = '[clips.a]\nprompt = "A."  # why\n\n[clips.b]\nprompt = "B."\n'


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with one untidy manifest, as the current directory."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text('[library]\nname = "x"\n')
    (tmp_path / "manifests" / "a.toml").write_text(UNTIDY)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "manifests" / "a.toml"


def test_a_library_is_laid_out_and_then_left_alone(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library.chmod(0o640)
    assert run(["fmt"]) == 0
    assert library.read_text() == TIDY
    assert library.stat().st_mode & 0o777 == 0o640
    assert capsys.readouterr().out == "manifests/a.toml\n1 file was reformatted, 1 unchanged.\n"
    written = library.stat().st_mtime_ns
    assert run(["fmt"]) == 0
    assert library.stat().st_mtime_ns == written


def test_check_writes_nothing_and_fails(library: Path) -> None:
    assert run(["fmt", "--check"]) == 1
    assert library.read_text() == UNTIDY
    library.write_text(TIDY)
    assert run(["fmt", "--check"]) == 0


def test_diff_shows_and_writes_nothing(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--diff"]) == 0
    assert library.read_text() == UNTIDY
    out = capsys.readouterr().out
    assert '-prompt="A."   # why\n+prompt = "A."  # why\n+\n' in out
    assert run(["fmt", "--diff", "--check"]) == 1


def test_a_file_with_faulty_syntax_is_left_alone_and_the_others_are_laid_out(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty = library.with_name("b.toml")
    faulty.write_text("a=1\nb = [\n")
    assert run(["fmt"]) == 1
    assert faulty.read_text() == "a=1\nb = [\n"
    assert library.read_text() == TIDY
    shown = capsys.readouterr()
    assert "S101" in shown.err
    assert "manifests/b.toml:2" in shown.err
    assert "1 left alone for faulty syntax" in shown.out


def test_bytes_that_are_no_text_are_left_alone(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library.write_bytes(b'a=1\nb="\xff"\n')
    assert run(["fmt"]) == 1
    assert library.read_bytes() == b'a=1\nb="\xff"\n'
    shown = capsys.readouterr()
    assert "S102" in shown.err
    assert "1 left alone for bytes that are no text in UTF-8" in shown.out
    assert "syntax" not in shown.out


def test_a_faulty_configuration_does_not_stop_it(library: Path) -> None:
    (library.parents[1] / "sorasync.toml").write_text('[library]\nnoun = 1\nmanifests = "manifests"\n')
    assert run(["fmt"]) == 0
    assert library.read_text() == TIDY


def test_files_and_directories_may_be_named(library: Path, tmp_path: Path) -> None:
    other = tmp_path / "else" / "x.toml"
    hidden = tmp_path / "else" / ".cache" / "y.toml"
    hidden.parent.mkdir(parents=True)
    other.write_text("a=1\n")
    hidden.write_text("a=1\n")
    assert run(["fmt", "else"]) == 0
    assert other.read_text() == "a = 1\n"
    assert hidden.read_text() == "a=1\n"
    assert library.read_text() == UNTIDY
    assert run(["fmt", "nowhere.toml"]) == 64


def test_a_link_stays_a_link(library: Path) -> None:
    link = library.with_name("link.toml")
    link.symlink_to(library)
    assert run(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert library.read_text() == TIDY


def test_line_endings_that_a_checkout_gave_a_file_are_its_own(library: Path) -> None:
    windows = TIDY.replace("\n", "\r\n").encode()
    library.write_bytes(windows)
    assert run(["fmt", "--check"]) == 0
    library.write_bytes(UNTIDY.replace("\n", "\r\n").encode())
    assert run(["fmt"]) == 0
    assert library.read_bytes() == windows


@pytest.mark.parametrize("odd", [TIDY.replace("\n", "\r\n", 1), f"\ufeff{TIDY}"], ids=["mixed", "mark"])
def test_a_difference_that_no_line_shows_is_named(
    library: Path, capsys: pytest.CaptureFixture[str], odd: str
) -> None:
    library.write_bytes(odd.encode())
    assert run(["fmt", "--check", "--diff"]) == 1
    assert "only line endings or the byte order mark differ" in capsys.readouterr().out
    assert run(["fmt"]) == 0
    assert library.read_bytes() == TIDY.encode()


def test_standard_input_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(UNTIDY.encode())))
    assert run(["fmt", "-"]) == 0
    assert capsys.readouterr().out == TIDY
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a = [\n")))
    assert run(["fmt", "-"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "<stdin>:1" in shown.err


def test_programs_get_json(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fmt", "--check", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "format_version": 1,
        "files": [
            {"file": "sorasync.toml", "changed": False, "faulty": False},
            {"file": "manifests/a.toml", "changed": True, "faulty": False},
        ],
        "diagnostics": [],
    }
