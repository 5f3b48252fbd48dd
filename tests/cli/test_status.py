"""`sorasync status`."""

from __future__ import annotations

import re
from collections.abc import Callable

from sorasync.cli.terminal.columns import cells
from sorasync.state.record import Status
from tests.cli.kit import CONFIG, Film

Films = Callable[[str], Film]

_SIX = """
[clips.done]
prompt = "A cat."
[clips.flying]
prompt = "A dog."
[clips.refused]
prompt = "A riot."
[clips.gone]
prompt = "A ghost."
[clips.choose]
prompt = "A tree."
takes = 2
[[clips.choose.steps]]
edit = "At night."
[clips.new]
prompt = "A bird."
tags = ["draft"]
"""


def _six(film: Films) -> Film:
    one = film(_SIX)
    one.write("studio.toml", 'extends = "preview"\nname = "studio"\nsimulated = false\n')
    one.write("sorasync.toml", CONFIG + '[provider]\nprofile = "studio.toml"\n')
    one.settle(lambda r: "done" in r.address or "choose" in r.address)
    with one.store() as store:
        one.put(store, one.render("clip.flying#1"), Status.SUBMITTED, progress=35)
        one.put(
            store,
            one.render("clip.refused#1"),
            Status.BLOCKED,
            error_message="no \x1b[2Jriots\x07 here",
            error_code="moderation",
        )
        one.put(store, one.render("clip.gone#1"), Status.LOST)
    return one


def test_every_clip_shows_where_it_stands(film: Films) -> None:
    answer = _six(film).run("status", "--format", "json")
    stages = {row["address"]: row["stage"] for row in answer.json["addresses"]}
    assert answer.code == 0
    assert stages == {
        "clip.done": "done",
        "clip.flying": "in flight",
        "clip.refused": "blocked",
        "clip.gone": "lost",
        "clip.choose": "waiting",
        "clip.new": "to do",
    }
    assert answer.json["summary"]["done"] == 1
    assert answer.json["cost_usd"] == "0.40"


def test_the_table_tells_progress_reasons_and_what_to_type(film: Films) -> None:
    out = _six(film).run("status").out
    assert "35%" in next(line for line in out.splitlines() if "clip.flying" in line)
    assert "sorasync pick choose 1..2" in out
    assert "+$0.40 not rendered yet" in out
    assert "film: 1 done, 1 waiting, 1 to do, 1 in flight, 1 blocked, 1 lost." in out


def test_words_of_a_server_cannot_drive_the_terminal(film: Films) -> None:
    out = _six(film).run("status").out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "riots" in out


def test_the_table_fits_80_columns_whatever_the_names_are(film: Films) -> None:
    one = film(
        '[clips.promo]\nprompt = "{{ city }}"\nmatrix = { city = ["大阪の夜の市場の長い名前です", "Oslo"] }\n'
    )
    lines = one.run("status").out.splitlines()
    assert lines
    assert max(map(cells, lines)) <= 80


def test_rows_stand_in_the_order_of_their_names_whatever_starts_from_what(film: Films) -> None:
    edit = '[[clips.{name}.steps]]\nedit = "By night."\n'
    branches = "".join(f'[clips.{n}]\nfrom = "z"\n{edit.format(name=n)}' for n in ("shot-10", "shot-9"))
    one = film(branches + '[clips.z]\nprompt = "A pier."\n[characters.mo]\nname = "Mo"\nvideo = "mo.mp4"\n')
    one.write("manifests/mo.mp4", "a clip")
    rows = one.run("status", "--format", "json").json["addresses"]
    assert [row["address"] for row in rows] == ["character.mo", "clip.shot-9", "clip.shot-10", "clip.z"]


def test_patterns_and_stages_choose_rows(film: Films) -> None:
    one = _six(film)

    def rows(*arguments: str) -> list[str]:
        found = one.run("status", *arguments, "--format", "json").json["addresses"]
        return [row["address"] for row in found]

    assert rows("clip.*o*e") == ["clip.choose", "clip.done", "clip.gone"]
    assert rows("tag:draft") == ["clip.new"]
    assert rows("new", "done") == ["clip.done", "clip.new"]
    assert rows("--stage", "lost", "--stage", "blocked") == ["clip.gone", "clip.refused"]


def test_an_unknown_address_is_told_the_nearest(film: Films) -> None:
    answer = _six(film).run("status", "clip.chose")
    assert answer.code == 1
    assert "clip.choose" in answer.err


def test_retired_and_leaving_renders_are_counted(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n[clips.b]\nprompt = "B."\n')
    one.settle()
    one.write("manifests/a.toml", '[clips.a]\nprompt = "A."\n')
    out = one.run("status").out
    assert "1 no longer in the manifests" in out
    one.settle()
    assert "1 retired and kept" in one.run("status").out


def test_quiet_prints_only_the_sums(film: Films) -> None:
    assert len(_six(film).run("status", "--quiet").out.splitlines()) == 2


def test_a_clip_of_several_takes_waits_for_its_pick_with_what_that_will_cost(film: Films) -> None:
    one = film(
        '[clips.choose]\nprompt = "A tree."\ntakes = 2\n[[clips.choose.steps]]\nextend = "On."\nseconds = 4\n'
        '[clips.night]\nfrom = "choose"\n[[clips.night.steps]]\nedit = "At night."\n'
        '[clips.roof]\nprompt = "A roof."\ntakes = 2\n[clips.wall]\nprompt = "A wall."\ntakes = 2\npick = 2\n'
    )
    one.settle(lambda r: True)
    rows = {row["address"]: row for row in one.run("status", "--format", "json").json["addresses"]}
    assert {address: row["stage"] for address, row in rows.items()} == {
        "clip.choose": "waiting",
        "clip.night": "waiting",
        "clip.roof": "waiting",
        "clip.wall": "done",
    }
    later = {address: row["cost_once_picked_usd"] for address, row in rows.items()}
    assert later == {"clip.choose": "0.40", "clip.night": "0.80", "clip.roof": "0.00", "clip.wall": "0.00"}
    assert one.run("plan", "--format", "json").json["waiting"] == [
        {"address": "clip.choose", "pick": "clip.choose", "takes": 2, "cost_usd": "0.40"},
        {"address": "clip.night", "pick": "clip.choose", "takes": 2, "cost_usd": "0.80"},
    ]
    out = one.run("status", "--stage", "waiting").out
    assert "then +$0.40: sorasync pick choose 1..2; until then its file is take 1" in out
    assert "sorasync pick roof 1..2; until then its file is take 1" in out


def test_a_stage_without_clips_says_that_nothing_matches(film: Films) -> None:
    one = film('[clips.roof]\nprompt = "A roof."\n')
    for filters in (("--stage", "lost"), ("roof", "--stage", "lost", "--quiet")):
        answer = one.run("status", *filters)
        assert (answer.code, "film: nothing matches." in answer.out) == (1, True)
    assert "film: nothing is declared." in film("").run("status").out


def test_what_does_not_fit_beside_a_clip_is_below_it_and_whole(film: Films) -> None:
    names = ("failed", "refused", "open")
    one = film("".join(f'[clips.the-long-name-of-a-{name}]\nprompt = "A {name}."\n' for name in names))
    one.write("studio.toml", 'extends = "preview"\nname = "studio"\nsimulated = false\n')
    one.write("sorasync.toml", CONFIG + '[provider]\nprofile = "studio.toml"\n')
    failed, refused, unanswered = (one.render(f"clip.the-long-name-of-a-{name}#1") for name in names)
    message = "Your request was blocked by our moderation system, for the third time this week."
    with one.store() as store:
        one.put(store, failed, Status.FAILED, error_message="Video generation failed", attempts=1)
        one.put(store, refused, Status.BLOCKED, error_message=message, error_code="moderation")
        fields = {"kind": "create", "address": unanswered.address, "inputs": unanswered.inputs}
        provider = one.project.profile.provider_name
        store.move(unanswered.key, Status.INTENT, run=None, provider=provider, **fields)
        store.move(unanswered.key, Status.UNKNOWN, run=None)
    out = one.run("status").out
    lines, words = out.splitlines(), " ".join(out.split())
    assert max(map(cells, lines)) <= 80
    assert "failed before (Video generation failed): attempt 2 of 3" in words
    assert "blocked by our moderation system, for the third time this week" in words
    assert re.search(r"sent \d+ s ago, but the answer was lost: looks for the job", words)


def test_names_of_fields_share_a_column_however_long_they_are(film: Films) -> None:
    one = film(
        '[clips.a]\nprompt = "A quay."\n[[clips.a.steps]]\nextend = "The quay."\nseconds = 4\n'
        '[clips.quay]\nprompt = "A quay."\n'
    )
    found = one.run("find", "quay").out.splitlines()
    assert found[:3] == [
        "clip.a",
        "  prompt           manifests/a.toml:2  A quay.",
        "  steps[1].extend  manifests/a.toml:4  The quay.",
    ]
    assert found[3:] == [
        "clip.quay",
        "  name         manifests/a.toml:6  quay",
        "  prompt       manifests/a.toml:7  A quay.",
        "",
        "2 found.",
    ]


def test_the_list_of_profiles_fits_80_columns_and_leaves_nothing_out(film: Films) -> None:
    out = film("").run("profiles").out
    assert max(map(cells, out.splitlines())) <= 80
    assert "…" not in out
    assert "doubao-seedance-2-0-fast-260128: $0.0531 to $0.1142 a second; 4 to 15 s" in " ".join(out.split())
