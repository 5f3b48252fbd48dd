"""`sorasync find`: clips and characters by their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sorasync.preview.media import tiny_video
from tests.cli.kit import Film

Films = Callable[[str], Film]

_CAST = """
[vars]
city = "Lisbon"
[characters.mossy]
name = "Mossy"
video = "m.mp4"
description = "The green one."
[clips.market]
prompt = "Mossy weaves through a lantern-lit market in {{ city }}."
characters = ["mossy"]
tags = ["act-1"]
[[clips.market.steps]]
edit = "The same at NIGHT."
[clips.kitchen]
scene = "A cramped kitchen."
[[clips.kitchen.shots]]
action = ["lifts the lid"]
dialogue = [{ speaker = "Chef", line = "One more minute." }]
[clips.promo]
prompt = "A {{ mood }} street."
matrix = { mood = ["rainy", "sunny"] }
description = "for Lisbon"
"""


@pytest.fixture
def cast(film: Films) -> Film:
    """A library with something of everything."""
    one = film(_CAST)
    (one.root / "manifests" / "m.mp4").write_bytes(tiny_video(1280, 720, 4, "mossy"))
    return one


def found(film: Film, *words: str) -> dict[str, list[str]]:
    """The addresses with the fields in which something was found."""
    answer = film.run("find", *words, "--format", "json")
    assert answer.code == (0 if answer.json["found"] else 1), answer.err
    return {row["address"]: [hit["field"] for hit in row["fields"]] for row in answer.json["found"]}


def test_names_tags_descriptions_and_prompts_are_looked_through(cast: Film) -> None:
    assert found(cast, "mossy") == {"character.mossy": ["slug", "name"], "clip.market": ["prompt"]}
    assert found(cast, "act-1") == {"clip.market": ["tags"]}
    assert found(cast, "green") == {"character.mossy": ["description"]}
    assert found(cast, "night") == {"clip.market": ["steps[1].edit"]}
    assert found(cast, "chef") == {"clip.kitchen": ["prompt"]}


def test_prompts_are_those_that_are_sent(cast: Film) -> None:
    assert found(cast, "Lisbon", "lantern") == {"clip.market": ["prompt"]}
    assert found(cast, "city") == {}
    assert found(cast, "a rainy street") == {"clip.promo[mood=rainy]": ["prompt"]}


def test_of_several_words_each_must_be_found_somewhere(cast: Film) -> None:
    assert list(found(cast, "lisbon")) == [
        "clip.market",
        "clip.promo[mood=rainy]",
        "clip.promo[mood=sunny]",
    ]
    assert found(cast, "lisbon", "sunny") == {"clip.promo[mood=sunny]": ["name", "description", "prompt"]}
    assert found(cast, "lisbon", "nowhere") == {}


def test_a_text_is_taken_as_it_stands_and_a_regular_expression_with_its_option(cast: Film) -> None:
    assert found(cast, "l.sbon") == {}
    assert list(found(cast, "--regex", r"\blifts\b|\bweaves\b")) == ["clip.kitchen", "clip.market"]
    answer = cast.run("find", "--regex", "(")
    assert answer.code == 1
    assert "'(' is not a regular expression" in answer.err


def test_each_match_has_its_place_and_its_span(cast: Film) -> None:
    answer: Any = cast.run("find", "weaves", "MARKET", "--format", "json").json
    prompt = next(hit for hit in answer["found"][0]["fields"] if hit["field"] == "prompt")
    assert (prompt["file"], prompt["line"]) == ("manifests/a.toml", 9)
    assert [prompt["text"][start:end] for start, end in prompt["spans"]] == ["weaves", "market"]


def test_a_line_shows_the_place_and_the_words_around_the_match(cast: Film) -> None:
    shown = cast.run("find", "minute").out.splitlines()
    assert shown[0] == "clip.kitchen"
    assert shown[1].startswith("  prompt       manifests/a.toml:1")
    assert "One more minute." in shown[1]
    assert shown[-1] == "1 found."
    assert cast.run("find", "no such word").out == "Nothing found.\n"
