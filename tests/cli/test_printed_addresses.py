"""Every address that a plan prints can be typed where an address is wanted."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.cli.kit import Film

Films = Callable[[str], Film]
_ROOT = Path(__file__).parents[2]

LIBRARY = """
[characters.mossy]
name = "Mossy"
video = "mossy.mp4"

[stills.pier]
prompt = "A pier."

[[stills.pier.steps]]
edit = "At night."

[clips.chain]
prompt = "A market."
takes = 2
pick = 2

[[clips.chain.steps]]
extend = "It goes on."
seconds = 4

[clips.solo]
prompt = "Mossy on the pier."
characters = ["mossy"]

[[clips.solo.steps]]
edit = "Teal."

[clips.town]
prompt = "A walk, {{ time }}."
matrix = { time = ["it's day", "night"] }

[clips.ad]
prompt = "A letter to {{ name }}."
each = { csv = "people.csv", key = "id" }

[[clips.ad.steps]]
edit = "Brighter, {{ name }}."
"""
PRINTED = [
    "character.mossy",
    "still.pier",
    "still.pier#1/1",
    "clip.ad[id=7 b]",
    "clip.ad[id=7 b]#1/1",
    "clip.chain#1",
    "clip.chain#2",
    "clip.chain#2/1",
    "clip.solo",
    "clip.solo#1/1",
    "clip.town[time=it's day]",
    "clip.town[time=night]",
]


def library(film: Films) -> Film:
    """A library of every kind of render."""
    one = film(LIBRARY)
    shutil.copy(_ROOT / "manifests/refs/mossy.mp4", one.root / "manifests/mossy.mp4")
    one.write("manifests/people.csv", "id,name\n7 b,Ada\n")
    return one


def test_every_printed_address_is_accepted_as_it_is_shown(film: Films) -> None:
    one = library(film)
    plan = one.run("plan", "--format", "json").json
    assert [change["address"] for change in plan["changes"]] == PRINTED
    for command in ("status", "graph", "check"):
        assert one.run(command, *PRINTED).code == 0
    one.settle()

    # Every second one: a take, a step, a row, a variant and a character are among them.
    for address in PRINTED[::2]:
        assert one.run("show", address).code == 0
        assert "nothing called" not in one.run("log", address).err
        assert "there is nothing to accept" in one.run("accept", address, "--reason", "x", "--yes").err
        assert "is not being rendered" in one.run("cancel", address).err
        assert "nothing called" not in one.run("pick", address).err


def test_a_command_that_names_one_can_be_pasted(film: Films) -> None:
    one = library(film)
    one.settle()

    for address in PRINTED:
        command = re.search("`(.*)`", one.run("retry", address).err)
        assert command is not None
        assert shlex.split(command[1]) == ["sorasync", "apply", "--replace", address]


def test_status_shows_the_row_that_a_take_is_in(film: Films) -> None:
    one = library(film)

    shown = one.run("status", "clip.chain#2/1", "still.pier#1/1", "--format", "json").json

    assert [row["address"] for row in shown["addresses"]] == ["still.pier", "clip.chain"]


def test_a_step_is_no_take_and_the_take_to_pick_is_named(film: Films) -> None:
    answer = library(film).run("pick", "clip.chain#2/1")

    assert answer.code == 64
    assert "'clip.chain#2/1' is a step; to pick the take that it continues: sorasync pick 'clip.chain' 2" in (
        answer.err
    )


def test_what_only_the_state_has_is_not_called_unknown(film: Films) -> None:
    one = library(film)
    one.settle()
    one.write(
        "manifests/a.toml",
        LIBRARY.replace("[clips.solo]", "[clips.other]").replace("clips.solo", "clips.other"),
    )

    for arguments in (("accept", "clip.solo", "--reason", "x", "--yes"), ("retry", "solo#1/1")):
        answer = one.run(*arguments)
        assert (answer.code, answer.err.splitlines()[0]) == (
            1,
            f"error: {arguments[1]} is not in the manifests any more",
        )


def test_what_nothing_has_happened_to_yet_is_not_called_unknown(film: Films) -> None:
    answer = library(film).run("log", "clip.town[time=night]")

    assert answer.code == 1
    assert "nothing has happened to clip.town[time=night] yet" in answer.err


def test_a_still_that_is_drawn_is_no_video_to_check(film: Films) -> None:
    one = library(film)
    one.settle()

    assert one.run("check", "still.pier").out == "Nothing to check: what you named has no finished video.\n"
