"""`sorasync preview` as a process, and `sorasync profiles`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from sorasync.cli.app.preview_server import base_url
from sorasync.cli.main import run
from tests.cli.kit import Film


def test_the_server_tells_its_address_serves_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    arguments = ["preview", "--port", "0", "--no-draw", "--data", str(tmp_path / "data"), "--format", "json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sorasync", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{facts['base_url']}/videos", timeout=120) as answer:
            assert json.load(answer)["data"] == []
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_key_that_is_not_set_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preview", "--api-key-env", "SORASYNC_NO_SUCH_VARIABLE"]) == 1
    assert "SORASYNC_NO_SUCH_VARIABLE" in capsys.readouterr().err


@pytest.mark.parametrize("unusable", ["a file", "no database", "a folder for the database"])
@pytest.mark.parametrize("command", ["drift", "plan --refresh", "preview --port 0"])
def test_a_data_directory_that_cannot_be_used_is_told(
    film: Callable[[str], Film], command: str, unusable: str
) -> None:
    one = film('[clips.a]\nprompt = "A lake."\n')
    data = one.root / "state" / "preview"
    data.parent.mkdir(exist_ok=True)
    if unusable == "a file":
        data.write_text("")
    elif unusable == "no database":
        data.mkdir()
        (data / "preview.db").write_text("these are other words" * 100)
    else:
        (data / "preview.db").mkdir(parents=True)

    answer = one.run(*command.split())

    assert answer.code == 1
    assert f"the preview provider cannot use its data in {data}" in answer.err
    assert "bug" not in answer.err


def test_every_dialect_is_there_and_has_a_profile() -> None:
    from sorasync.preview.dialects import NAMES, dialect_of
    from sorasync.profile.load import profile_names

    assert [dialect_of(name).name for name in NAMES] == list(NAMES)
    assert set(NAMES) <= set(profile_names())


def test_addresses_can_be_typed_into_a_configuration() -> None:
    assert base_url("0.0.0.0", 80) == "http://127.0.0.1:80/v1"
    assert base_url("::1", 80) == "http://[::1]:80/v1"


def test_profiles_are_listed_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    from sorasync.profile.load import profile_names

    assert run(["profiles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for name in profile_names():
        assert any(line.startswith(name) for line in lines)


def test_a_profile_shows_its_prices_and_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "openai"]) == 0
    out = capsys.readouterr().out
    assert "1280x720    $0.10 a second" in out
    assert "2026-09-24" in out
    assert run(["profiles", "opnai"]) == 1
    assert 'did you mean "openai"' in capsys.readouterr().err


def test_profiles_as_json_tell_unknown_prices_by_their_absence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "vllm-omni", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["profiles"][0]
    assert all(model["usd_per_second"] == {} for model in found["models"].values())
