"""`sorasync show` and `sorasync why`."""

from __future__ import annotations

from collections.abc import Callable

from sorasync.state.record import Status
from tests.cli.kit import Film

Films = Callable[[str], Film]

_MARKET = """[defaults]
takes = 2

[clips.market]
prompt = "A lantern-lit market at dusk."
pick = 2
[[clips.market.steps]]
extend = "The camera rises."

[clips.night]
from = "market"
takes = 1
[[clips.night.steps]]
edit = "At night."
"""


def test_values_come_with_the_line_they_stand_on(film: Films) -> None:
    values = {v["name"]: v for v in film(_MARKET).run("show", "market", "--format", "json").json["values"]}
    assert (values["prompt"]["file"], values["prompt"]["line"]) == ("manifests/a.toml", 5)
    assert (values["takes"]["file"], values["takes"]["line"]) == ("manifests/a.toml", 2)
    assert (values["model"]["file"], values["model"]["line"]) == ("sorasync.toml", 4)
    assert values["protect"]["note"] == "built in"


def test_what_the_profile_fills_in_is_shown(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n')
    one.write("sorasync.toml", '[provider]\nprofile = "preview"\n')
    values = {v["name"]: v for v in one.run("show", "a", "--format", "json").json["values"]}
    assert values["seconds"]["value"] == 4
    assert values["seconds"]["note"] == "the profile's default"


def test_a_render_shows_prompt_record_file_and_neighbours(film: Films) -> None:
    one = film(_MARKET)
    one.settle()
    out = one.run("show", "clip.market#2/1").out
    assert "The camera rises." in out
    assert "needs      clip.market#2" in out
    assert "needed by  clip.night#1/1" in out or "needed by  clip.night" in out
    assert "stored, attempt 0 in run 1" in out
    assert "assets/.store/" in out
    assert "$0.40 estimated" in out


def test_the_take_may_be_left_out_of_a_step(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n[[clips.a.steps]]\nedit = "B."\n')
    assert one.run("show", "clip.a/1").code == 0


def test_wrong_words_are_told_the_nearest_address(film: Films) -> None:
    one = film(_MARKET)
    for command in ("show", "why"):
        answer = one.run(command, "markt")
        assert answer.code == 1
        assert "did you mean clip.market?" in answer.err


def test_a_matrix_is_told_its_instances_quoted_for_the_shell(film: Films) -> None:
    answer = film('[clips.p]\nprompt = "{{ c }}"\nmatrix = { c = ["x", "y"] }\n').run("show", "p")
    assert answer.code == 1
    assert "'clip.p[c=x]', 'clip.p[c=y]'" in answer.err


def test_characters_show_their_clip_and_who_uses_them(film: Films) -> None:
    one = film(
        '[characters.mossy]\nname = "Mossy"\nvideo = "m.mp4"\n'
        '[clips.a]\nprompt = "Mossy runs."\ncharacters = ["mossy"]\n'
    )
    one.write("manifests/m.mp4", "not a film")
    out = one.run("show", "mossy").out
    assert "manifests/m.mp4" in out
    assert "needed by  clip.a" in out


def test_why_shows_the_words_that_changed(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A cat on a mat today."\n')
    one.settle()
    one.write("manifests/a.toml", '[clips.a]\nprompt = "A cat on a red mat today."\n')
    out = one.run("why", "a").out
    assert "replace, $0.40" in out
    assert "A cat on a {+red+} mat today." in out


def test_why_names_providers_and_calls_a_change_what_the_plan_calls_it(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n')
    one.settle()
    settings = one.read("sorasync.toml")
    one.write("sorasync.toml", f'{settings}[provider]\nprofile = "openai"\n')
    out = one.run("why", "a").out
    assert "provider: preview → openai\n" in out
    assert "true" not in out
    assert {
        "name": "provider",
        "before": "preview",
        "after": "openai",
    } in one.run("why", "a", "--format", "json").json["renders"][0]["fields"]
    one.write("sorasync.toml", settings)
    one.write("manifests/a.toml", '[clips.a]\nprompt = "B."\n')
    one.settle()
    one.write("manifests/a.toml", '[clips.a]\nprompt = "A."\n')
    assert "→ clip.a  reuse" in one.run("plan", "--short").out
    assert "→ clip.a: reuse\n" in one.run("why", "a").out
    assert "planned    reuse: " in one.run("show", "a").out


def test_why_names_what_a_render_waits_for(film: Films) -> None:
    out = film(_MARKET).run("why", "clip.market").out
    assert "waits for: clip.market#2" in out


def test_why_tells_that_a_take_must_be_picked(film: Films) -> None:
    one = film(_MARKET.replace("pick = 2\n", ""))
    assert "sorasync pick clip.market 1..2" in one.run("why", "night").out


def test_why_tells_who_rendered_what_is_settled(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n')
    one.settle()
    out = one.run("why", "a").out
    assert "nothing to do" in out
    assert "in run 1 (sorasync apply --yes)" in out
    assert one.run("why", "a", "--format", "json").json["renders"][0]["action"] is None


def test_what_only_the_state_knows_can_be_shown(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n[clips.b]\nprompt = "B."\n')
    one.settle()
    one.write("manifests/a.toml", '[clips.a]\nprompt = "A."\n')
    assert "only in the state" in one.run("show", "clip.b").out
    assert "no longer in the manifests" in one.run("why", "clip.b").out


def test_a_server_s_error_cannot_drive_the_terminal(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n')
    with one.store() as store:
        one.put(store, one.render("clip.a#1"), Status.BLOCKED, error_message="\x1b]0;title\x07\x1b[31mred")
    for command in ("show", "why"):
        out = one.run(command, "a").out
        assert "title" in out
        assert "\x1b" not in out
        assert "\x07" not in out


def test_a_file_is_named_only_where_it_may_be_the_render(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n')
    one.settle()
    name = one.root / "assets" / "a.mp4"
    (stored,) = (one.root / "assets" / ".store").glob("*/*.mp4")
    name.hardlink_to(stored)
    assert one.run("show", "clip.a#1", "--format", "json").json["renders"][0]["file"] == "assets/a.mp4"
    name.unlink()
    name.write_bytes(b"an earlier take")
    shown = one.run("show", "clip.a#1", "--format", "json").json["renders"][0]["file"]
    assert shown.startswith("assets/.store/")
    stored.write_bytes(b"cut")
    assert "damaged: 64 bytes were stored" in one.run("show", "clip.a#1").out
