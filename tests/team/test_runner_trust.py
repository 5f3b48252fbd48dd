"""A job comes from a database: what it names is done only where the runner was told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sorasync.cli.main import run
from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.operations.runner_trust import NotTrusted, RunnerTrust
from tests.postgres_server import GUARDED, PostgresServer

BUCKET = "s3://films/harbour?region=eu-north-1"


def of_job(root: Path, provider: str, assets: str = BUCKET) -> Project:
    """The project of a job, as its configuration says."""
    (root / "manifests").mkdir()
    (root / "sorasync.toml").write_text(
        f'[library]\nname = "film"\n[provider]\n{provider}\n[assets]\nurl = "{assets}"\n', encoding="utf-8"
    )
    return Project.open(root)


SHIPPED = 'profile = "fal"'


def test_a_key_goes_where_its_profile_ships_with(tmp_path: Path) -> None:
    RunnerTrust.parse((), (BUCKET,)).trusted(of_job(tmp_path, SHIPPED))


@pytest.mark.parametrize(
    "provider",
    [
        f'{SHIPPED}\nbase_url = "https://elsewhere.example"',
        f'{SHIPPED}\napi_key_env = "AWS_SECRET_ACCESS_KEY"',
        f'{SHIPPED}\nhosts = ["elsewhere.example"]',
    ],
)
def test_a_key_goes_nowhere_else(tmp_path: Path, provider: str) -> None:
    project = of_job(tmp_path, provider)
    with pytest.raises(NotTrusted, match="this runner sends nothing to"):
        RunnerTrust.parse((), (BUCKET,)).trusted(project)


def test_an_allowed_host_gets_the_key_that_was_named_for_it_and_no_other(tmp_path: Path) -> None:
    project = of_job(tmp_path, f'{SHIPPED}\nbase_url = "https://own.example"\napi_key_env = "OWN_KEY"')
    RunnerTrust.parse(("own.example=OWN_KEY",), (BUCKET,)).trusted(project)
    with pytest.raises(NotTrusted, match="does not send OWN_KEY"):
        RunnerTrust.parse(("own.example=ANOTHER_KEY",), (BUCKET,)).trusted(project)


def test_a_command_of_a_job_is_not_run(tmp_path: Path) -> None:
    project = of_job(tmp_path, f'{SHIPPED}\napi_key_command = ["touch", "made"]')
    trusted = RunnerTrust.parse((), (BUCKET,)).trusted(project)
    assert trusted.config.provider.api_key_command is None


@pytest.mark.parametrize(
    "allowed", ["s3://films", "s3://films/harbour", "s3://films/harbour?region=eu-north-1"]
)
def test_a_bucket_is_allowed_with_what_is_below_it(tmp_path: Path, allowed: str) -> None:
    RunnerTrust.parse((), (allowed,)).trusted(of_job(tmp_path, SHIPPED))


@pytest.mark.parametrize(
    ("assets", "allowed"),
    [
        (BUCKET, "s3://films/har"),
        (BUCKET, "s3://other"),
        (BUCKET, "gs://films"),
        ("s3://films/harbour?endpoint=https://elsewhere.example", "s3://films"),
        ("s3://films/harbour?endpoint=https://elsewhere.example", "s3://films/harbour"),
        ("az://films/harbour?account=theirs", "az://films?account=ours"),
        ("file:///mnt/films/../../etc", "file:///mnt/films"),
        ("file:///mnt/films-of-others", "file:///mnt/films"),
    ],
)
def test_credentials_are_shown_to_no_other_place(tmp_path: Path, assets: str, allowed: str) -> None:
    with pytest.raises(SorasyncError):
        RunnerTrust.parse((), (allowed,)).trusted(of_job(tmp_path, SHIPPED, assets))


@pytest.mark.parametrize("path", ["/tmp/videos", "../videos", "assets/../../videos"])
def test_videos_are_stored_inside_the_library_only(tmp_path: Path, path: str) -> None:
    root = tmp_path / "film"
    root.mkdir()
    project = of_job(root, SHIPPED, f'{BUCKET}"\npath = "{path}')
    for trusted in (RunnerTrust.parse((), (BUCKET,)).trusted_here, RunnerTrust.parse((), (BUCKET,)).trusted):
        assert trusted(project).assets().path == root / "assets"


def test_a_bucket_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(SorasyncError, match="cannot be used"):
        RunnerTrust.parse((), ("films",))


@pytest.mark.parametrize(
    ("change", "tries", "told"),
    [
        ({"user": GUARDED}, 0, "denies access"),
        ({"database": "no_such"}, 0, "there is no such database"),
        ({"user": "ann:secret"}, 0, "the URL of the state contains a password"),
        ({"port": 1}, 3, "cannot be reached"),
    ],
)
def test_a_runner_tries_again_only_what_may_pass(
    tmp_path: Path,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    tries: int,
    told: str,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "not the right one")
    monkeypatch.setattr("sorasync.operations.runner._START_PAUSE", 0)
    url = postgres.url("", **change).partition("?")[0]
    work = str(tmp_path / "work")
    place = ["--database", url, "--bucket", "s3://films", "--work", work]
    assert run(["run", "--queue", "night", *place, "--until-empty"]) == 1
    said = capsys.readouterr().err
    assert "[state] url" not in said and "taking jobs" not in said
    assert told in said
    assert said.count("trying again") == tries
    assert "secret" not in said


def test_a_runner_that_would_give_up_every_job_does_not_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "--queue", "night", "--database", "postgresql://db.example/film"]) == 1
    assert "name the bucket of the libraries with --bucket URL" in capsys.readouterr().err
