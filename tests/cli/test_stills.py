"""Stills on the command line: what waits for a picture, picking it, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.kit import Film

Films = Callable[[str], Film]

QUAY = """
[stills.quay]
prompt = "A stone quay at dawn."
takes = 2
gate = true
tags = ["opening"]
[[stills.quay.steps]]
edit = "The same at night."

[clips.harbour]
prompt = "The boat leaves the quay."
image = "still:quay"

[clips.street]
prompt = "An empty street."
"""
GATED = (
    '[stills.lamp]\nprompt = "A lamp."\ngate = true\n[clips.rain]\nprompt = "Rain."\nimage = "still:lamp"\n'
)


def test_a_plan_says_what_waits_for_a_still_and_what_it_costs_then(film: Films) -> None:
    one = film(QUAY)
    plan = one.run("plan", "--format", "json").json
    assert [(change["address"], change["action"], change["cost_usd"]) for change in plan["changes"]] == [
        ("still.quay#1", "still", "0.1136"),
        ("still.quay#2", "still", "0.1136"),
        ("clip.street", "create", "0.40"),
    ]
    assert (plan["summary"]["still"], plan["summary"]["create"], plan["seconds"]) == (2, 1, 4)
    assert plan["waiting"] == [
        {"address": "still.quay", "pick": "still.quay", "takes": 2, "cost_usd": "0.1296"},
        {"address": "clip.harbour", "pick": "still.quay", "takes": 2, "cost_usd": "0.40"},
    ]
    text = one.run("plan").out
    assert "+ still.quay#1  still 1280x720 gpt-image-2  +$0.1136  not rendered yet" in text
    assert (
        "  clip.harbour waits for a pick of still.quay, then costs $0.40: sorasync pick still.quay 1..2"
        in text
    )
    markdown = one.run("plan", "--format", "markdown").out
    assert "Waiting for a take to be picked: <code>still.quay</code>, <code>clip.harbour</code>." in markdown


def test_a_picked_still_lets_its_clip_go_on(film: Films) -> None:
    one = film(QUAY)
    one.settle()
    assert one.run("plan", "--format", "json").json["changes"] == []
    assert "No take picked. Pick one: sorasync pick still.quay 1..2" in one.run("pick", "still.quay").out
    assert one.run("pick", "still.quay#2").out.startswith(
        "still.quay: take 2 is picked; wrote manifests/picks.toml."
    )
    assert '"still.quay" = 2' in one.read("manifests/picks.toml")
    changes = one.run("plan", "--format", "json").json["changes"]
    assert [(change["address"], change["depends_on"]) for change in changes] == [
        ("still.quay#2/1", []),
        ("clip.harbour", ["still.quay#2/1"]),
    ]
    one.settle()
    # Another take is another first frame; the first one again is paid for already.
    one.run("pick", "still.quay", "1")
    assert [change["action"] for change in one.run("plan", "--format", "json").json["changes"]] == [
        "still",
        "replace",
        "retire",
    ]
    one.run("pick", "still.quay", "2")
    assert one.run("plan", "--format", "json").json["changes"] == []


def test_a_single_take_behind_a_gate_waits_as_well(film: Films) -> None:
    one = film(GATED)
    one.settle()
    rows = {row["address"]: row for row in one.run("status", "--format", "json").json["addresses"]}
    assert {name: (row["stage"], row["waits_for"]) for name, row in rows.items()} == {
        "still.lamp": ("waiting", "still.lamp"),
        "clip.rain": ("waiting", "still.lamp"),
    }
    assert "then +$0.40: sorasync pick still.lamp 1" in one.run("status").out
    assert "clip.rain waits until a take of still.lamp is picked" in one.run("why", "clip.rain").out
    one.run("pick", "lamp", "1")
    assert one.run("plan", "--format", "json").json["waiting"] == []


def test_a_still_is_shown_found_and_selected_like_a_clip(film: Films) -> None:
    one = film(QUAY)
    one.settle()
    shown = one.run("show", "quay", "--format", "json").json
    assert (shown["address"], shown["takes"], shown["chosen"], shown["waits_for"]) == (
        "still.quay",
        2,
        None,
        "still.quay",
    )
    values = {value["name"]: value["value"] for value in shown["values"]}
    assert (values["size"], values["model"], values["gate"]) == ("1280x720", "gpt-image-2", True)
    assert "still.quay" in one.run("find", "dawn").out
    assert (
        one.run("plan", "--target", "tag:opening", "--replace", "still.quay#1", "--format", "json").json[
            "summary"
        ]["replace"]
        == 1
    )
    graph = one.run("graph", "--format", "json").json
    assert {"address": "clip.harbour", "pick": "still.quay"} in graph["waiting"]
    assert "2 stills" not in one.run("validate").out
    assert "2 clips, 0 characters and 1 still are valid" in one.run("validate").out


def test_a_renamed_still_is_one_move_and_a_removed_one_is_retired_whole(film: Films) -> None:
    one = film(QUAY)
    one.settle()
    one.write(
        "manifests/a.toml", QUAY.replace("stills.quay", "stills.pier").replace("still:quay", "still:pier")
    )
    (change,) = one.run("plan", "--format", "json").json["changes"]
    assert (change["address"], change["action"], change["reason"]) == (
        "still.pier",
        "move",
        "renamed from still.quay",
    )
    one.write("manifests/a.toml", '[clips.street]\nprompt = "An empty street."\n')
    (change,) = one.run("plan", "--format", "json").json["changes"]
    assert (change["address"], change["action"]) == ("still.quay", "retire")
    assert change["reason"] == "no longer in the manifests (2 renders)"


def test_a_still_of_another_size_is_told_before_anything_is_paid_for(film: Films) -> None:
    one = film(GATED.replace('"A lamp."\n', '"A lamp."\nsize = "1024x1024"\n'))
    for command in ("validate", "plan"):
        answer = one.run(command)
        assert answer.code == 1
        assert "a.toml:7:9: still.lamp is 1024x1024, and the clip is 1280x720" in answer.err
    assert one.run("plan", "--format", "json").json["error"] is not None


def test_a_provider_without_stills_says_so(film: Films) -> None:
    one = film(GATED)
    one.write(
        "sorasync.toml",
        one.read("sorasync.toml") + '[provider]\nprofile = "preview"\nimages = { create = "" }\n',
    )
    answer = one.run("validate")
    assert answer.code == 1
    assert "error[S131] manifests/a.toml:1:1: preview does not make stills" in answer.err


def test_a_matrix_makes_a_still_for_each_combination(film: Films) -> None:
    one = film("""
        [stills.quay]
        prompt = "A quay in {{ city }}."
        matrix = { city = ["Lisbon", "Osaka"] }
        takes = 2
        [clips.harbour]
        prompt = "A boat leaves {{ city }}."
        matrix = { city = ["Lisbon", "Osaka"] }
        image = "still:quay[city={{ city }}]"
        [clips.plain]
        prompt = "A boat."
        image = "still:plain"
        [stills.plain]
        prompt = "A quay in Osaka."
        takes = 2
    """)
    one.settle()
    assert one.run("pick", "still.quay[city=Osaka]", "2").code == 0
    assert '"still.quay[city=Osaka]" = 2' in one.read("manifests/picks.toml")
    changes = one.run("plan", "--format", "json").json["changes"]
    assert [change["address"] for change in changes] == ["clip.harbour[city=Osaka]"]
    assert one.render("clip.harbour[city=Osaka]#1").still == "still.quay[city=Osaka]#2"
    # Where it comes from decides nothing: the same picture is the same render.
    assert one.render("still.quay[city=Osaka]#1").key == one.render("still.plain#1").key
    refused = one.run("show", "still.quay")
    assert "'still.quay' means 2 stills" in refused.err
    shown = one.run("show", "still.quay[city=Lisbon]").out
    assert "matrix.city" in shown and "Lisbon" in shown
    assert "still.quay[city=Lisbon]" in one.run("status", "still.quay*").out
