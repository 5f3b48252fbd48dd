"""`sorasync status`: what is in flight and for how long still, what expires, and what the day has cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.operations.project import Project
from sorasync.state.record import Status
from tests.ci.paid import NOON, Stopped, Studio, clips
from tests.cli.kit import Film

Films = Callable[[str], Film]
pytestmark = pytest.mark.usefixtures("noon")


def put(film: Film, name: str, seconds_ago: float, took: float | None = None, **more: object) -> None:
    """A render of a clip that was sent some time ago; done after `took` seconds, else still in flight."""
    render = film.render(f"clip.{name}#1")
    for at, status in (
        (NOON - seconds_ago, Status.SUBMITTED),
        (NOON - seconds_ago + (took or 0), Status.RENDERED),
        (NOON - seconds_ago + (took or 0), Status.STORED),
    ):
        project = replace(Project.open(film.root), clock=Stopped(at))
        with project.store(write=True) as store:
            if status is Status.SUBMITTED:
                film.put(store, render, status)
            elif took is not None and (status is Status.RENDERED or not more):
                store.move(render.key, status, run=None, **more)


def details(film: Film) -> dict[str, str]:
    """What is said of each address, on one line."""
    table = film.run("status").out.split("\n\n")[0]
    lines = re.sub(r"\n +", " ", table).splitlines()
    return {line.split()[1]: line for line in lines}


def test_a_render_in_flight_shows_its_age_and_what_others_of_its_kind_took(film: Films) -> None:
    one = film(clips("a", "b", "c"))
    put(one, "a", 4000, 600)
    put(one, "b", 240)
    assert "sent 4 min ago, about 6 min left" in details(one)["clip.b"]
    changes = one.run("status", "clip.b", "--format", "json").json["addresses"][0]["changes"]
    assert changes[0]["seconds_left"] == 360


def test_a_render_that_takes_longer_than_others_says_so(film: Films) -> None:
    one = film(clips("a", "b"))
    put(one, "a", 4000, 60)
    put(one, "b", 3660)
    assert "sent 1 h ago, 1 h longer than usual" in details(one)["clip.b"]


def test_longer_renders_are_expected_to_take_longer_and_other_models_say_nothing(film: Films) -> None:
    one = film(clips("a") + clips("b", more="seconds = 8\n") + clips("c", more='model = "sora-2-pro"\n'))
    put(one, "a", 4000, 300)
    put(one, "b", 60)
    put(one, "c", 60)
    shown = details(one)
    assert "about 9 min left" in shown["clip.b"]
    assert "left" not in shown["clip.c"]


def test_what_is_rendered_and_not_fetched_tells_when_it_is_deleted(film: Films) -> None:
    one = film(clips("a"))
    put(one, "a", 1300, 100, expires_at=NOON + 2460)
    assert "expires in 41 min" in details(one)["clip.a"]
    closing = one.run("status", "--quiet").out
    assert (
        "1 rendered but not downloaded, and soon deleted at the provider (the first in 41 min): sorasync wait"
        in closing
    )


def test_what_was_spent_today_stands_beside_the_cap(studio: Studio) -> None:
    studio.configure("[budget]", "per_day = 5.00", "per_month_seconds = 60")
    studio.spend(["x"], NOON - 86_400)
    studio.write(clips("a", "b"))
    studio.run("apply", "--yes", "--target", "clip.a")
    lines = studio.run("status").out.splitlines()
    assert "Spent: $0.80 (8 s), $0.40 of it today; remaining: $0.40." in lines
    assert "Today: $0.40 of $5.00." in lines
    assert any(line.startswith("This month: ") and line.endswith(" s of 60 s.") for line in lines)
    status = studio.run("status", "--format", "json").json
    assert Decimal(status["today"]["known_usd"]) == Decimal("0.40")
    assert status["budgets"][0]["limit_usd"] == "5.00"


def test_where_nothing_is_billed_no_cap_is_shown(film: Films, tmp_path: Path) -> None:
    one = film(clips("a"))
    one.write("sorasync.toml", one.read("sorasync.toml") + "[budget]\nper_day = 5.00\n")
    put(one, "a", 100, 10)
    assert "of $5.00" not in one.run("status").out
