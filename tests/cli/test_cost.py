"""`sorasync cost`: what a second in use has cost, and how good the estimates were."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.state.record import Status
from tests.cli.kit import Film, make
from tests.state.making import a_record

CLIPS = """
[clips.pier]
prompt = "A pier at dusk."
takes = 3
pick = 2
[clips.kite]
prompt = "A kite."
model = "sora-2-pro"
[[clips.kite.steps]]
extend = "It lands."
seconds = 8
[clips.bay]
prompt = "A bay."
takes = 2
"""


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    """A library of a real provider in which everything was rendered."""
    made = make(tmp_path, capsys, CLIPS)
    made.write("sorasync.toml", '[provider]\nprofile = "openai"\n' + made.read("sorasync.toml"))
    return made


def pay(film: Film, address: str, usd: str, reported: str | None = None, *, fails: bool = False) -> None:
    """Send a render of that price (`?`: not known), and let it end."""
    render = film.render(address)
    with film.store() as store:
        record = a_record(
            key=render.key,
            kind=render.kind.value,
            address=address,
            inputs=render.inputs,
            model=render.model,
            seconds=float(render.seconds),
            billed_seconds=float(render.billed_seconds),
            cost_usd=None if usd == "?" else Decimal(usd),
        )
        store.intend(record, run=None)
        if fails:
            store.move(render.key, Status.FAILED, run=None)
            return
        charge = None if reported is None else Decimal(reported)
        store.move(render.key, Status.SUBMITTED, run=None, remote_id=f"video_{address}", reported_usd=charge)
        store.move(render.key, Status.RENDERED, run=None)
        store.move(render.key, Status.STORED, run=None, asset=film.object(store, address))


def pay_all(film: Film) -> None:
    """Everything is there, after one failure that cost nothing."""
    pay(film, "clip.pier#3", "0.40", fails=True)
    for take in (1, 2, 3):
        pay(film, f"clip.pier#{take}", "0.40")
    pay(film, "clip.kite#1", "1.20", "1.50")
    pay(film, "clip.kite#1/1", "2.40", "2.40")
    pay(film, "clip.bay#1", "0.40")


def test_all_that_was_spent_counts_for_the_seconds_in_use(film: Film) -> None:
    pay_all(film)
    rows = film.run("cost", "--usable").out.splitlines()
    assert rows[0].split() == ["model", "tries", "clips", "usable", "s", "spent", "per", "second", "tries/s"]
    assert rows[1].split() == ["sora-2", "5", "1", "4", "$1.60", "$0.40", "1.25"]
    assert rows[2].split() == ["sora-2-pro", "2", "1", "12", "$3.90", "$0.325", "0.17"]
    assert rows[3].split() == ["total", "7", "2", "16", "$5.50", "$0.344", "0.44"]
    assert rows[-1] == "Spent: $5.50 for 7 requests, 16 s of 2 clips in use: $0.344 a second."


def test_takes_without_a_pick_are_spent_and_not_in_use(film: Film) -> None:
    pay_all(film)
    lines = {
        line["name"]: line
        for line in film.run("cost", "--usable", "--by", "clip", "--format", "json").json["usable"]
    }
    assert lines["clip.bay"] == {
        "name": "clip.bay",
        "tries": 1,
        "clips": 0,
        "usable_seconds": 0.0,
        "spent_usd": "0.40",
        "unknown_prices": 0,
        "usd_per_second": None,
        "tries_per_second": None,
    }
    assert [lines[f"clip.{name}"]["usd_per_second"] for name in ("pier", "kite")] == ["0.30", "0.325"]


def test_an_unknown_price_leaves_the_price_of_a_second_unknown(film: Film) -> None:
    pay(film, "clip.pier#1", "?")
    pay(film, "clip.pier#2", "0.40")
    answer = film.run("cost", "--usable")
    assert answer.out.splitlines()[1].split() == ["sora-2", "2", "1", "4", "$0.40", "+", "$?", "-", "0.50"]
    said = "Spent: $0.40 + 1 of unknown price for 2 requests, 4 s of 1 clip in use."
    assert answer.out.splitlines()[-1] == said


def test_estimates_are_compared_with_what_was_reported(film: Film) -> None:
    pay_all(film)
    rows = film.run("cost", "--accuracy").out.splitlines()
    assert rows[1].split() == ["sora-2", "0", "-", "-", "-"]
    assert rows[2].split() == ["sora-2-pro", "2", "$3.60", "$3.90", "+$0.30", "+8.3", "%"]
    assert rows[-1] == "Reported $3.90 for an estimate of $3.60 (2 requests); 4 requests without a report."
    total = film.run("cost", "--accuracy", "--format", "json").json["total"]
    assert (total["difference_usd"], total["difference_pct"], total["not_reported"]) == ("0.30", 8.33, 4)


def test_nothing_to_compare_is_said(film: Film) -> None:
    assert film.run("cost", "--usable").out == "No paid requests were sent.\n"
    pay(film, "clip.pier#1", "0.40")
    assert "reported no charge" in film.run("cost", "--accuracy").out


@pytest.mark.parametrize(
    "options", [("--usable", "--accuracy"), ("--usable", "--csv"), ("--usable", "--by", "day")]
)
def test_what_does_not_go_together_is_refused(film: Film, options: tuple[str, ...]) -> None:
    assert film.run("cost", *options).code == 64
