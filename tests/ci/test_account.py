"""One account of money: every place that shows what was spent says the same, whatever came of the renders."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

from sorasync.apply.render import misses
from tests.ci.paid import Studio, a_studio, clips
from tests.cli.kit import Answer


def sums(studio: Studio) -> set[str]:
    """What each command says was spent, after one apply."""
    history = studio.run("history", "--format", "json").json["runs"]
    run = studio.run("history", "show", "1", "--format", "json").json
    status = studio.run("status", "--format", "json").json
    cost = {by: studio.run("cost", "--by", by, "--format", "json").json["total"] for by in ("clip", "run")}
    (budget,) = studio.run("plan", "--offline", "--format", "json").json["budgets"]
    attempts = sum((Decimal(one["spent_usd"]) for one in run["attempts"]), Decimal(0))
    return {
        *(one["spent_usd"] for one in history),
        run["run"]["spent_usd"],
        status["spent"]["known_usd"],
        status["today"]["known_usd"],
        status["budgets"][0]["spent_usd"],
        budget["spent_usd"],
        *(total["spent_usd"] for total in cost.values()),
        f"{attempts:f}",
    }


def lines(answer: Answer) -> list[str]:
    return [line.strip() for line in answer.out.splitlines()]


UNBILLED: dict[str, Any] = {"route": "create", "do": "fail", "billed": False}
GONE: dict[str, Any] = {"route": "content", "do": "expire"}
DAMAGED: dict[str, Any] = {"route": "content", "do": "truncate"}


@pytest.mark.parametrize(
    ("faults", "spent", "end"),
    [
        ([], "0.40", "1 done"),
        ([GONE], "0.40", "1 failed"),
        ([DAMAGED], "0.40", "1 failed"),
        ([UNBILLED], "0.00", "1 failed"),
    ],
    ids=["done", "lost", "damaged", "failed"],
)
def test_an_estimate_counts_the_same_everywhere(
    studio: Studio, faults: list[dict[str, Any]], spent: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A video is looked for over minutes, which are not what this is about.
    monkeypatch.setattr(misses, "_SECONDS", 0.0)
    monkeypatch.setattr(misses, "_FIRST_PAUSE", 0.001)
    studio.configure("[budget]", "per_day = 5.00")
    studio.write(clips("a"))
    studio.faults(*faults)
    money = f" ${spent} spent." if spent != "0.00" else ""
    assert f"Apply: {end}.{money}" in lines(studio.run("apply", "--yes"))
    assert sums(studio) == {spent}
    assert studio.billed() == Decimal(spent)


# A host that charges 40 cents for what this profile takes for 20, also for a video that it withholds.
GROK = """\
extends = "xai"
name = "grok"
[auth]
required = false
[models."sora-2"]
sizes = ["1280x720"]
seconds = [4, 8]
prices = { "1280x720" = 0.05 }
"""


@pytest.mark.parametrize(
    ("faults", "end"),
    [([], "1 done"), ([{"route": "create", "do": "fail_moderated"}], "1 blocked")],
    ids=["done", "withheld"],
)
def test_a_charge_counts_the_same_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], faults: list[dict[str, Any]], end: str
) -> None:
    with a_studio(tmp_path, capsys, dialect="xai") as host:
        (host.root / "studio.toml").write_text(GROK)
        host.configure("[budget]", "per_day = 5.00")
        host.write(clips("a"))
        host.faults(*faults)
        assert f"Apply: {end}. $0.40 spent." in lines(host.run("apply", "--yes"))
        assert sums(host) == {"0.40"}
        assert "$0.40 charged ($0.20 estimated)" in host.run("history", "show", "1").out
        assert host.run("status", "--format", "json").json["spent"]["seconds"] == (0 if faults else 4)
