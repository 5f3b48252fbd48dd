"""What `sorasync accept` takes along, and why it leaves the rest."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.kit import Film

Films = Callable[[str], Film]

BOAT = """
[stills.quay]
prompt = "A stone quay at dawn."

[[stills.quay.steps]]
edit = "The same at night."

[stills.sea]
prompt = "The open sea."

[clips.boat]
prompt = "The boat leaves the quay."
image = "still:quay"
last_image = "still:sea"

[[clips.boat.steps]]
extend = "It sails."
seconds = 4
"""
CAST = """
[characters.mossy]
name = "Mossy"
video = "mossy.mp4"

[characters.olive]
name = "Olive"
video = "mossy.mp4"

[clips.walk]
prompt = "Mossy and Olive walk."
characters = ["mossy", "olive"]
"""


def accepted(film: Film, address: str, *changes: tuple[str, str]) -> str:
    """What accepting an address after those changes of the manifest says."""
    text = film.read("manifests/a.toml")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    film.write("manifests/a.toml", text)
    answer = film.run("accept", address, "--reason", "a typo", "--yes")
    assert answer.code == 0, answer.err
    return answer.out


def planned(film: Film) -> set[str]:
    """The addresses in the next plan."""
    return {change["address"] for change in film.run("plan", "--format", "json").json["changes"]}


def test_two_stills_of_a_clip_are_accepted_one_after_the_other(film: Films) -> None:
    one = film(BOAT)
    one.settle()

    out = accepted(one, "still.quay", ("at dawn", "at the dawn"), ("open sea", "wide open sea"))
    assert "! clip.boat is not accepted with it: still.sea changed too" in out
    assert planned(one) == {"still.sea", "clip.boat", "clip.boat#1/1"}

    out = accepted(one, "still.sea")
    assert "✓ clip.boat  still.quay#1/1 changes, still.sea changes" in out
    assert planned(one) == set()


def test_a_clip_of_an_earlier_picture_is_not_accepted_with_a_later_one(film: Films) -> None:
    one = film(BOAT)
    one.settle()
    one.write("manifests/a.toml", BOAT.replace("at dawn", "at noon"))
    one.settle(lambda render: render.address.startswith("still.quay"))

    out = accepted(one, "quay", ("at noon", "at high noon"), ("boat leaves", "ship leaves"))

    why = "its own prompt changed too, it was made from an earlier still.quay#1/1"
    assert f"! clip.boat is not accepted with it: {why}" in out
    assert planned(one) == {"clip.boat", "clip.boat#1/1"}


def test_a_clip_that_takes_another_still_is_not_accepted_along(film: Films) -> None:
    one = film(BOAT)
    one.settle()

    out = accepted(one, "still.quay", ("at dawn", "at the dawn"), ('= "still:sea"', '= "still:quay"'))

    assert "! clip.boat is not accepted with it: its own last_image changed too" in out


def test_a_character_takes_its_clips_along(film: Films) -> None:
    one = film(CAST)
    one.write("manifests/mossy.mp4", "a video")
    one.settle()

    out = accepted(one, "character.mossy", ('"Mossy"', '"Mossie"'))

    assert "✓ clip.walk  characters changed" in out
    assert planned(one) == set()
