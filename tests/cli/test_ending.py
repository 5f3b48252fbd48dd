"""A provider that has ended is told of, in the configuration and in the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sorasync.operations.project import Project
from sorasync.operations.sunset import endings
from tests.cli.kit import Film, make
from tests.provider.fakes import FakeClock

CONFIG = """\
[provider]
profile = "openai"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
[env.relay.provider]
base_url = "https://videos.example/v1"
[env.other.provider]
profile = "openai"
"""
CLIP = '[clips.pier]\nprompt = "A pier at dusk, in warm lamplight."\n'


@pytest.fixture
def film(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> Film:
    made = make(tmp_path / "film", capsys, CLIP)  # type: ignore[operator]
    made.write("sorasync.toml", CONFIG)
    return made


def told_on(film: Film, day: date, env: str | None = None) -> list[str]:
    """The messages on a day."""
    project = Project.open(film.root, env)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    project = replace(project, clock=FakeClock(noon))
    return [one.message for one in endings(project, project.library())]


def test_the_end_of_the_reference_is_told_where_the_profile_is_named(film: Film) -> None:
    shown = film.run("validate")
    assert shown.code == 0
    assert "warning[S128] sorasync.toml:2:11: OpenAI Videos API was switched off on 2026-09-24" in shown.out
    assert "set provider.base_url" in shown.out
    assert "sorasync.toml:10:11" in film.run("--env", "other", "validate").out


def test_a_plan_says_so_in_full_and_stays_the_same_otherwise(film: Film) -> None:
    shown = film.run("plan", "--offline")
    assert shown.code == 0
    assert (
        "Warning: OpenAI Videos API was switched off on 2026-09-24. Instead, set provider.base_url to a"
        in shown.out
    )
    assert "Lint:" not in shown.out


def test_another_address_has_no_such_end(film: Film) -> None:
    assert "S128" not in film.run("--env", "relay", "validate").out
    assert "Warning" not in film.run("--env", "relay", "plan", "--offline").out


def test_an_end_that_is_near_is_told_and_one_that_is_far_is_not(film: Film) -> None:
    assert told_on(film, date(2026, 1, 1)) == []
    assert told_on(film, date(2026, 9, 24)) == ["OpenAI Videos API is switched off on 2026-09-24"]
    assert told_on(film, date(2026, 9, 25)) == ["OpenAI Videos API was switched off on 2026-09-24"]


def test_a_model_that_ends_by_itself_is_told_once(film: Film) -> None:
    film.write("sorasync.toml", CONFIG + "[env.relay.provider.models.sora-2]\nsunset = 2026-12-01\n")
    film.write("manifests/more.toml", '[clips.quay]\nprompt = "A quay."\nmodel = "sora-2"\n')
    assert told_on(film, date(2026, 11, 22), "relay") == ["sora-2 is switched off on 2026-12-01"]
    assert told_on(film, date(2026, 1, 1), "relay") == []


def test_a_model_that_ends_names_the_model_to_use(film: Film) -> None:
    ends = '[env.relay.provider.models.sora-2]\nsunset = 2026-01-01\nreplacement = "sora-3"\n'
    film.write("sorasync.toml", CONFIG + ends)
    film.write("manifests/more.toml", '[clips.quay]\nprompt = "A quay."\nmodel = "sora-2"\n')
    shown = film.run("--env", "relay", "plan", "--offline")
    assert "Warning: sora-2 was switched off on 2026-01-01. Instead, use sora-3.\n" in shown.out
    checks = film.run("--env", "relay", "doctor", "--offline", "--format", "json").json["checks"]
    (ended,) = [one for one in checks if one["name"] == "sunset"]
    assert (ended["level"], ended["hint"]) == ("error", "use sora-3")
