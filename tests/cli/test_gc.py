"""`sorasync gc`, `destroy` and `unprotect`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from sorasync.operations.project import Project
from sorasync.provider.errors import InvalidRequest
from sorasync.state.lock import acquire
from sorasync.state.record import Status
from tests.cli.kit import Film
from tests.preflight.media import picture

Films = Callable[[str], Film]

_XAI = """
[provider]
profile = "xai"
[defaults]
model = "grok-imagine-video-1.5"
size = "1280x720"
seconds = 4
"""

_AB = '[clips.a]\nprompt = "A."\n[clips.b]\nprompt = "B."\n'
_A = '[clips.a]\nprompt = "A."\n'


def _without_b(film: Films) -> Film:
    """A library whose clip b was rendered and is no longer wanted."""
    one = film(_AB)
    one.settle()
    one.write("manifests/a.toml", _A)
    one.settle()
    return one


def _objects(one: Film) -> int:
    return len(one.project.assets().present())


def test_gc_lists_and_deletes_nothing_unless_told(film: Films) -> None:
    one = _without_b(film)
    answer = one.run("gc")
    assert answer.code == 0
    assert "clip.b#1" in answer.out
    assert "clip.a" not in answer.out
    assert "would cost $0.40" in answer.out
    assert "sorasync gc --delete" in answer.out
    assert _objects(one) == 2


def test_the_cost_to_make_again_holds_the_price_of_a_first_frame(film: Films) -> None:
    one = film("")
    one.write("sorasync.toml", _XAI)
    picture(one.root / "manifests/pier.png", 1280, 720)
    with_frame = '[clips.a]\nprompt = "A pier."\nimage = "pier.png"\n'
    one.write("manifests/a.toml", with_frame + '[clips.b]\nprompt = "A pier."\n')
    changes = one.run("plan", "--offline", "--format", "json").json["changes"]
    planned = {f"{change['address']}#1": change["cost_usd"] for change in changes}
    one.settle()
    one.write("manifests/a.toml", "")
    one.settle()
    again = {row["address"]: row["cost_usd"] for row in one.run("gc", "--format", "json").json["renders"]}
    assert again == planned == {"clip.a#1": "0.57", "clip.b#1": "0.56"}


def test_the_cost_to_make_a_row_again_is_what_it_cost_where_its_parameters_decide(film: Films) -> None:
    row = '[clips.ad]\nprompt = "{{ id }}."\nparams.tier = "{{ tier }}"\n'
    one = film(f'{row}each = {{ csv = "p.csv", key = "id" }}\n')
    with (one.root / "sorasync.toml").open("a") as file:
        file.write('[provider.params]\ntier = "string"\n[provider.price_words]\nflex = { tier = "flex" }\n')
        file.write('[prices."sora-2"]\n"*" = 0.10\n"* flex" = 0.05\n')
    one.write("manifests/p.csv", "id,tier\n1,flex\n")
    with one.store() as store:
        one.put(store, one.render("clip.ad[id=1]#1"), Status.STORED, cost_usd=Decimal("0.20"))
    one.write("manifests/a.toml", "")
    (row_again,) = one.run("gc", "--format", "json").json["renders"]
    assert row_again["cost_usd"] == "0.20"


def test_gc_deletes_record_and_file_and_then_finds_nothing(film: Films) -> None:
    one = _without_b(film)
    answer = one.run("gc", "--delete", "--yes")
    assert answer.code == 0
    assert "Deleted: 1 render" in answer.out
    assert _objects(one) == 1
    assert one.run("gc", "--format", "json").json["renders"] == []
    assert "No changes." in one.run("plan", "--offline").out


def test_gc_needs_a_yes_where_nobody_can_be_asked(film: Films) -> None:
    one = _without_b(film)
    answer = one.run("gc", "--delete")
    assert answer.code == 1
    assert "--yes" in answer.err
    assert _objects(one) == 2


def test_gc_keeps_what_the_manifests_ask_for_again(film: Films) -> None:
    one = _without_b(film)
    one.write("manifests/a.toml", _AB)
    assert one.run("gc", "--format", "json").json["renders"] == []


def test_gc_keeps_a_refusal_that_is_still_asked_for(film: Films) -> None:
    one = film(_A)
    with one.store() as store:
        one.put(store, one.render("clip.a#1"), Status.BLOCKED)
    assert one.run("gc", "--format", "json").json["renders"] == []


def test_gc_keeps_what_is_in_flight_and_its_sources(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\n[[clips.a.steps]]\nedit = "B."\n')
    take, step = one.render("clip.a#1"), one.render("clip.a#1/1")
    with one.store() as store:
        one.put(store, take, Status.STORED)
        one.put(store, step, Status.SUBMITTED, source_key=take.key)
    one.write("manifests/a.toml", "")
    assert one.run("gc", "--format", "json").json["renders"] == []


def test_gc_keeps_renders_of_a_protected_address(film: Films) -> None:
    one = _without_b(film)
    with one.store() as store:
        key = store.binding("clip.a#1")
        assert key is not None
        store.bind("clip.b#1", key.key, run=None, protect=True)
    assert one.run("gc", "--format", "json").json["renders"] == []


def test_gc_keeps_a_file_that_another_render_shares(film: Films) -> None:
    one = film(_AB)
    a, b = one.render("clip.a#1"), one.render("clip.b#1")
    with one.store() as store:
        sha = one.object(store, "the same bytes")
        for render in (a, b):
            facts = {"kind": "create", "address": render.address, "inputs": render.inputs, "asset": sha}
            store.move(render.key, Status.STORED, run=None, **facts)
        store.bind("clip.a#1", a.key, run=None)
    one.write("manifests/a.toml", _A)
    assert one.run("gc", "--delete", "--yes").code == 0
    assert one.project.assets().verify(sha)


def test_gc_never_touches_files_that_the_state_does_not_know(film: Films) -> None:
    one = _without_b(film)
    stranger = one.project.assets().path_of("ab" * 32)
    stranger.parent.mkdir(parents=True, exist_ok=True)
    stranger.write_bytes(b"mine")
    one.run("gc", "--delete", "--yes")
    assert stranger.exists()


def test_gc_of_an_age_keeps_what_was_retired_just_now(film: Films) -> None:
    one = _without_b(film)
    assert one.run("gc", "--older-than", "1d", "--format", "json").json["renders"] == []
    assert len(one.run("gc", "--older-than", "0s", "--format", "json").json["renders"]) == 1
    assert one.run("gc", "--older-than", "soon").code == 64


def test_gc_clears_abandoned_downloads(film: Films) -> None:
    one = _without_b(film)
    old, new = (one.project.assets().temporary(name) for name in ("old", "new"))
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert "1 abandoned download, 4 B" in one.run("gc").out
    one.run("gc", "--delete", "--yes")
    assert (old.exists(), new.exists()) == (False, True)


def test_gc_waits_for_nobody_and_says_who_holds_the_lock(film: Films) -> None:
    one = _without_b(film)
    with one.store() as store, acquire(store, "sorasync apply", one.project.clock):
        answer = one.run("gc", "--delete", "--yes")
    assert answer.code == 6
    assert "sorasync apply" in answer.err
    assert _objects(one) == 2


def test_gc_wants_valid_manifests(film: Films) -> None:
    one = _without_b(film)
    one.write("manifests/a.toml", "[clips.a\n")
    assert one.run("gc", "--delete", "--yes").code == 1
    assert _objects(one) == 2


def test_gc_is_part_of_the_history(film: Films) -> None:
    one = _without_b(film)
    one.run("gc", "--delete", "--yes")
    with one.store() as store:
        assert store.runs(1)[0].outcome == "done"
        assert any(event.what == "forgotten" for event in store.events())


def test_destroy_removes_everything_and_the_names(film: Films) -> None:
    one = film(_AB)
    one.settle()
    one.run("pick", "a", "1")
    assert (one.root / "assets/b.mp4").exists()
    answer = one.run("destroy", "--yes", "--keep-remote")
    assert answer.code == 0
    assert "would cost $0.80" in answer.out
    assert _objects(one) == 0
    assert not list((one.root / "assets").glob("*.mp4"))
    assert one.run("status", "--format", "json").json["summary"]["to do"] == 2
    assert "nothing to delete" in one.run("destroy", "--yes").out


def test_destroy_needs_the_library_s_name_or_a_yes(film: Films) -> None:
    one = film(_AB)
    one.settle()
    assert one.run("destroy").code == 1
    assert _objects(one) == 2


def test_destroy_is_refused_for_protected_addresses(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\nprotect = true\n')
    one.settle()
    answer = one.run("destroy", "--yes")
    assert answer.code == 5
    assert "clip.a#1 is protected" in answer.err
    assert _objects(one) == 1
    assert one.run("destroy", "--yes", "--include-protected", "--keep-remote").code == 0
    assert _objects(one) == 0


def test_destroy_keeps_what_may_have_been_paid_for(film: Films) -> None:
    one = film(_AB)
    with one.store() as store:
        one.put(store, one.render("clip.a#1"), Status.STORED)
        facts = {"kind": "create", "address": "clip.b#1", "inputs": "{}"}
        store.move(one.render("clip.b#1").key, Status.INTENT, run=None, **facts)
    answer = one.run("destroy", "--yes", "--keep-remote")
    assert answer.code == 4
    assert "clip.b#1 stays" in answer.out
    with one.store() as store:
        assert [record.address for record in store.every_record()] == ["clip.b#1"]


def test_destroy_works_with_faulty_manifests(film: Films) -> None:
    one = film(_AB)
    one.settle()
    one.write("manifests/a.toml", "nonsense")
    assert one.run("destroy", "--yes", "--keep-remote").code == 0
    assert _objects(one) == 0


def test_videos_that_the_provider_no_longer_has_do_not_stop_destroy(film: Films) -> None:
    one = film(_A)
    one.settle()
    answer = one.run("destroy", "--yes")
    assert answer.code == 0
    assert _objects(one) == 0


class _Unwilling:
    """A provider that deletes every second video, and says no to the others."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def delete(self, job_id: str) -> bool:
        """Say no to the second, fourth …"""
        self.asked.append(job_id)
        if len(self.asked) % 2 == 0:
            raise InvalidRequest("it is \x1b[2Jbusy")
        return True


def test_what_the_provider_does_not_delete_stays_known(film: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    one = film(_AB)
    one.settle()
    unwilling = _Unwilling()

    @asynccontextmanager
    async def provider(project: Project) -> AsyncIterator[_Unwilling]:
        yield unwilling

    monkeypatch.setattr(Project, "provider", provider)
    answer = one.run("destroy", "--yes")
    assert answer.code == 4
    assert len(unwilling.asked) == 2
    assert "clip.b#1: kept" in answer.out
    assert "\x1b" not in answer.out
    with one.store() as store:
        assert list(store.bindings()) == ["clip.b#1"]
    assert _objects(one) == 1
    assert (one.root / "assets/b.mp4").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("typed", "left"), [("film", 0), ("no", 2)])
def test_destroy_asks_for_the_library_s_name_on_a_terminal(film: Films, typed: str, left: int) -> None:
    import pty

    one = film(_AB)
    one.settle()
    here, there = pty.openpty()
    os.write(here, f"{typed}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "sorasync", "--library", str(one.root), "destroy", "--keep-remote"],
        stdin=there,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(there)
    os.close(here)
    assert done.returncode == (0 if left == 0 else 1)
    assert _objects(one) == left


def test_unprotect_lifts_and_tells_who_would_protect_again(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\ntakes = 2\nprotect = true\n')
    one.settle()
    answer = one.run("unprotect", "clip.a")
    assert answer.code == 0
    assert "clip.a stays protected by protect = true at manifests/a.toml:4." in answer.out
    with one.store() as store:
        assert store.protected() == set()


def test_unprotect_works_when_the_block_is_gone(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\nprotect = true\n')
    one.settle()
    one.write("manifests/a.toml", "")
    assert one.run("unprotect", "a", "--format", "json").json == {
        "format_version": 1,
        "lifted": ["clip.a#1"],
        "protected_again_by": None,
    }
    assert "is not protected" in one.run("unprotect", "clip.a").out


def test_unprotect_knows_what_is_declared_and_not_rendered_yet(film: Films) -> None:
    one = film('[clips.a]\nprompt = "A."\nprotect = true\n[clips.b]\nprompt = "B."\n')
    assert "a stays protected by protect = true at manifests/a.toml:3." in one.run("unprotect", "a").out
    assert one.run("unprotect", "clip.b").out == "clip.b is not protected; nothing was changed.\n"


def test_unprotect_of_an_unknown_address_suggests_the_nearest(film: Films) -> None:
    one = film('[clips.market]\nprompt = "A."\nprotect = true\n')
    one.settle()
    answer = one.run("unprotect", "markte")
    assert answer.code == 1
    assert "clip.market" in answer.err


@pytest.mark.parametrize("command", ["gc --delete", "destroy"])
def test_json_asks_nothing_before_it_deletes(
    film: Films, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    one = _without_b(film)
    answer = one.run(*command.split(), "--format", "json")
    assert answer.code == 1
    assert "JSON output asks nothing: pass --yes" in answer.json["error"]["message"]
    assert _objects(one) == 2


@pytest.mark.parametrize("command", ["gc --delete", "destroy"])
def test_a_script_without_a_yes_deletes_nothing(film: Films, command: str) -> None:
    one = _without_b(film)
    done = subprocess.run(
        [sys.executable, "-m", "sorasync", "--library", str(one.root), *command.split()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "not a terminal" in done.stderr
    assert _objects(one) == 2
