"""A change of the profile in `sorasync.toml` that is wrong is shown where it stands."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest

from sorasync.cli.main import run


def told(root: Path, config: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    (root / "manifests").mkdir()
    (root / "sorasync.toml").write_text(config)
    with chdir(root):
        assert run(["--library", str(root), "plan", "--offline", *more]) == 1
    return capsys.readouterr().err


def test_every_wrong_field_is_shown_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (
        '[provider]\nprofile = "openai"\n[provider.rate]\nin_fligt = 1\n[provider.routes]\nget = "/videos"\n'
    )
    said = told(tmp_path, config, capsys)
    assert "error[S103] sorasync.toml:4:1: there is no field rate.in_fligt" in said
    assert "nearest: in_flight" in said
    assert "error[S104] sorasync.toml:6:7: routes.get: the path must contain {id}" in said


def test_a_field_of_an_environment_is_shown_in_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = '[provider]\nprofile = "openai"\n[env.prod.provider.rate]\nin_flight = -1\n'
    assert "sorasync.toml:4:13: rate.in_flight" in told(tmp_path, config, capsys, "--env", "prod")


def test_a_key_in_a_header_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = '[provider]\nprofile = "openai"\n[provider.headers]\nAuthorization = "Bearer sk-hidden"\n'
    said = told(tmp_path, config, capsys)
    assert "sorasync.toml:4" in said or "sorasync.toml:3" in said
    assert "sk-hidden" not in said


def test_a_fault_of_a_profile_of_ones_own_names_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text('extends = "openai"\n[rate]\nin_flight = 0\n')
    said = told(tmp_path, '[provider]\nprofile = "./mine.toml"\n', capsys)
    assert said.startswith("error: profile ./mine.toml: rate.in_flight: ")


def test_a_model_that_nobody_names_is_asked_for_where_it_can_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.toml").write_text('[clips.a]\nprompt = "A pier."\n')
    (tmp_path / "sorasync.toml").write_text('[provider]\nprofile = "vllm-omni"\n')
    assert run(["--library", str(tmp_path), "validate"]) == 1
    said = capsys.readouterr().err
    assert "no model given, and vllm-omni has no default" in said
    assert "expected: model in the clip, or below [defaults]" in said
