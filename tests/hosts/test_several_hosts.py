"""Several hosts in one library: every render goes to its own and stays there, whatever befalls the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.apply.report import End
from sorasync.cli.views.plan.plan_text import budget_lines
from sorasync.manifest.diagnostic import ManifestError
from sorasync.operations.drift import sweep_all
from sorasync.operations.gc import collect_garbage, garbage
from sorasync.operations.migrate import migration
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.plan.action import Action
from sorasync.plan.planfile import decode, encode
from sorasync.plan.stale import PlanStale
from sorasync.preview.media import tiny_video
from sorasync.state.lock import LockWait
from sorasync.state.record import Status
from tests.apply.world import ends, outcome
from tests.hosts.two_hosts import KEYS, SETTINGS, Down, TwoHosts, at, clip

Make = Callable[..., TwoHosts]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a library with its hosts in a directory of the test's own."""
    for variable in KEYS.values():
        monkeypatch.setenv(variable, variable)

    def make(manifest: str, **settings: object) -> TwoHosts:
        return TwoHosts(tmp_path, manifest, **settings)  # type: ignore[arg-type]

    return make


THREE = clip("market") + clip("harbour", at("two")) + clip("tower", 'model = "hero"')


def test_every_clip_goes_to_its_host_and_nowhere_else(library: Make) -> None:
    it = library(THREE)
    plan = it.plan()
    assert {c.address: c.host for c in plan.changes} == {
        "clip.harbour#1": "two",
        "clip.market#1": "default",
        "clip.tower#1": "queue",
    }
    assert {name: str(cost) for name, cost in plan.cost_by_host.items()} == {
        "default": "$0.40",
        "queue": "$0.60",
        "two": "$0.40",
    }
    assert it.apply().complete
    assert [it.paid(name) for name in ("default", "two", "queue")] == [["market"], ["harbour"], ["tower"]]
    assert it.record("clip.tower#1").model == "fal-ai/veo3/fast"
    assert it.record("clip.harbour#1").provider == "openai@http://two.example/v1"
    assert it.plan().empty


def test_a_clip_that_moves_to_another_host_with_its_model_is_not_rendered_again(library: Make) -> None:
    it = library(clip("market"))
    assert it.apply().complete
    it.write(clip("market", at("two")))
    assert it.plan().empty
    it.configure("[defaults]\n", '[defaults]\nprovider = "two"\n')
    it.write(clip("market"))
    assert it.plan().empty
    it.write(clip("market") + clip("new") + clip("old", at("default")))
    assert {c.label: c.host for c in it.plan().changes} == {"clip.new": "two", "clip.old": "default"}


def test_a_key_holds_the_model_that_a_name_of_one_s_own_means(library: Make) -> None:
    it = library(clip("tower", 'model = "hero"'))
    named = it.plan().changes[0].key
    it.write(clip("tower", 'model = "fal-ai/veo3/fast"', at("queue")))
    assert it.plan().changes[0].key == named


def test_what_is_in_flight_stays_at_the_host_that_it_was_sent_to(library: Make) -> None:
    it = library(clip("market", at("two")))
    it.apply(detach=True)
    it.write(clip("market"))
    change = it.plan().changes[0]
    assert (change.action, change.host) == (Action.RESUME, "two")
    assert it.apply().complete
    assert it.paid("two") == ["market"]
    assert not it.paid("default")
    assert it.record("clip.market#1").provider == "openai@http://two.example/v1"


def test_a_missing_file_is_fetched_from_the_host_that_has_it(library: Make) -> None:
    it = library(clip("market", at("two")))
    assert it.apply().complete
    it.write(clip("market"))
    for file in (it.root / "assets").rglob("*.mp4"):
        file.unlink()
    assert [(c.action, c.host) for c in it.plan().changes] == [(Action.DOWNLOAD, "two")]
    before = it.asked("default")["content"]
    assert it.apply().complete
    assert it.asked("default")["content"] == before
    assert len(it.paid("two")) == 1


def test_one_host_that_is_down_holds_up_no_other(library: Make) -> None:
    many = "".join(clip(f"a{n}", at("two")) for n in range(12))
    it = library(many + "".join(clip(f"b{n}") for n in range(3)))
    down = it.down["two"] = Down()
    report = it.apply(parallelism=2)
    assert len(it.paid("default")) == 3
    assert down.asked
    assert {end for label, end in ends(report).items() if label.startswith("clip.b")} == {End.DONE}
    assert End.DONE not in {end for label, end in ends(report).items() if label.startswith("clip.a")}
    assert (report.stopped or "").startswith("two: ")
    del it.down["two"]
    assert it.apply().complete
    assert len(it.paid("two")) == 12


def test_a_host_that_does_not_answer_a_plan_keeps_nothing_else_from_being_planned(library: Make) -> None:
    it = library(clip("market", at("two")) + clip("harbour"))
    it.apply(detach=True)
    it.down["two"] = Down()
    it.write(clip("market", at("two")) + clip("harbour") + clip("tower"))
    plan = it.plan()
    assert any(notice.startswith("two: ") for notice in plan.notices)
    assert {c.label: c.action for c in plan.changes}["clip.tower"] is Action.CREATE
    report = it.apply(wait=60.0)
    assert ends(report)["clip.tower"] is End.DONE
    assert ends(report)["clip.harbour"] is End.DONE
    del it.down["two"]
    assert it.apply().complete
    assert [it.paid("two"), it.paid("default")] == [["market"], ["harbour", "tower"]]


@pytest.mark.parametrize("fault", [{"do": "quota"}, {"do": "unauthorized"}])
def test_a_host_without_credit_or_key_stops_no_other(library: Make, fault: dict[str, object]) -> None:
    it = library(
        "".join(clip(f"a{n}", at("two")) for n in range(4)) + "".join(clip(f"b{n}") for n in range(4))
    )
    it.faults("two", {"route": "create", **fault})
    report = it.apply(parallelism=1)
    assert len(it.paid("default")) == 4
    assert not it.paid("two")
    assert it.asked("two")["create"] == 1
    assert (report.stopped or "").startswith("two: ")


def test_lost_answers_at_one_host_are_looked_for_there_alone(library: Make) -> None:
    it = library(clip("market", at("two")) + clip("harbour"))
    it.faults("two", {"route": "create", "do": "cut_after"})
    assert it.apply().complete
    assert [it.paid("two"), it.paid("default")] == [["market"], ["harbour"]]
    assert it.asked("two")["list"] > 0
    with it.store() as store:
        assert [e.address for e in store.events() if e.what == "adopted"] == ["clip.market#1"]


def test_a_lost_answer_of_a_clip_that_has_moved_is_not_sent_to_the_new_host_before_it_is_known(
    library: Make,
) -> None:
    it = library(clip("market", at("queue"), 'model = "hero"'))
    it.faults("queue", {"route": "create", "do": "cut_after"})
    assert ends(it.apply()) == {"clip.market": End.OPEN}
    it.configure(
        "[providers.queue]",
        '[providers.spare]\nprofile = "fal"\nbase_url = "http://s.example"\n'
        'api_key_env = "KEY_OF_SPARE"\n[providers.queue]',
    )
    it.write(clip("market", at("spare"), 'model = "hero"'))
    change = it.plan().changes[0]
    assert (change.action, change.host) == (Action.RESUME, "queue")
    assert len(it.paid("queue")) == 1


def test_an_answer_that_never_came_is_sent_to_the_host_that_the_clip_has_by_now(library: Make) -> None:
    it = library(clip("market", at("two")))
    it.faults("two", {"route": "create", "do": "cut_before"}, {"route": "list", "do": "error"})
    it.apply(wait=30.0)
    assert it.record("clip.market#1").status is Status.UNKNOWN
    it.faults("two")
    it.write(clip("market"))
    assert ends(it.apply())["clip.market"] is End.PENDING
    assert it.apply().complete
    assert not it.paid("two")
    assert it.paid("default") == ["market"]


def test_a_run_that_is_cut_off_pays_nothing_twice_at_any_host(library: Make) -> None:
    it = library(THREE + clip("b1") + clip("b2", at("two")))
    begun: list[ChangeEvent] = []

    def cut(event: ChangeEvent) -> None:
        begun.append(event)
        if len(begun) == 7:
            for task in asyncio.all_tasks():
                asyncio.get_running_loop().call_soon(task.cancel)

    it.witness.act = cut
    with pytest.raises(KeyboardInterrupt):
        it.apply()
    it.witness.act = lambda event: None
    # Nothing helps where a lost answer cannot be looked up: whether that one was sent is a question.
    assert {label for label, end in ends(it.apply()).items() if end is not End.DONE} <= {"clip.tower"}
    assert it.paid("default") == ["b1", "market"]
    assert it.paid("two") == ["b2", "harbour"]
    assert it.paid("queue") in ([], ["tower"])


def test_what_is_in_flight_at_a_host_that_is_configured_no_more_has_a_way_out(library: Make) -> None:
    it = library(clip("market", at("two")))
    it.apply(detach=True)
    own = 'profile = "openai"\nbase_url = "http://two.example/v1"\napi_key_env = "KEY_OF_TWO"\n'
    table = f"[providers.two]\n{own}"
    it.configure(table, "")
    it.write(clip("market"))
    change = it.plan().changes[0]
    assert change.action is Action.BLOCKED
    assert "openai@http://two.example/v1" in change.reason
    assert "[providers.NAME]" in change.reason
    assert not it.apply().complete
    assert not it.paid("default")
    it.configure("[models.hero]", table.replace("providers.two", "providers.back") + "[models.hero]")
    assert [(c.action, c.host) for c in it.plan().changes] == [(Action.RESUME, "back")]


def test_an_extension_goes_where_its_source_is_or_says_why_not(library: Make) -> None:
    step = '[[clips.market.steps]]\nextend = "On and on."\nseconds = 4\n'
    it = library(clip("market", at("two")))
    assert it.apply().complete
    it.write(clip("market", at("two")) + step)
    assert it.apply().complete
    assert it.paid("two") == ["On and on", "market"]
    it.write(clip("market") + step + '[[clips.market.steps]]\nedit = "At night."\n')
    it.configure(
        'base_url = "http://one.example/v1"',
        'base_url = "http://one.example/v1"\n[provider.abilities]\nupload_as_source = false',
    )
    change = next(c for c in it.plan().changes if c.label == "clip.market#1/2")
    assert change.action is Action.BLOCKED
    assert "its source clip.market#1/1 is at two, and default takes no uploads" in change.reason
    assert 'provider = "two"' in change.reason
    assert not it.paid("default")


def test_an_extension_at_another_host_uploads_its_source_where_that_takes_one(library: Make) -> None:
    it = library(clip("market", at("two")))
    assert it.apply().complete
    it.write(clip("market") + '[[clips.market.steps]]\nedit = "At night."\n')
    change = it.plan().changes[0]
    assert "its source is uploaded" in change.reason
    assert it.apply().complete
    assert it.paid("default") == ["At night"]
    assert it.paid("two") == ["market"]


def test_a_clip_that_one_host_refused_is_tried_at_the_one_that_it_is_given_to(library: Make) -> None:
    it = library(clip("market", at("two")))
    it.faults("two", {"route": "create", "do": "moderated"})
    assert ends(it.apply())["clip.market"] is End.BLOCKED
    assert it.plan().changes[0].action is Action.BLOCKED
    it.write(clip("market"))
    assert it.plan().changes[0].action is Action.CREATE
    assert it.apply().complete
    assert it.paid("default") == ["market"]


def test_a_character_and_its_clips_are_at_one_host(library: Make) -> None:
    cast = '[characters.mossy]\nname = "Mossy"\nvideo = "m.mp4"\n'
    user = '[clips.market]\nprompt = "Mossy walks."\ncharacters = ["mossy"]\n'
    it = library(cast + user + at("two"))
    (it.root / "manifests" / "m.mp4").write_bytes(tiny_video(1280, 720, 3, ""))
    with pytest.raises(ManifestError) as caught:
        it.plan()
    assert "character.mossy is at default, and the clip goes to two" in str(caught.value.diagnostics[0])
    it.write(cast + at("two") + "\n" + user + at("two"))
    assert it.apply().complete
    assert it.paid("two") == ["Mossy walks"]
    assert it.asked("default")["character_create"] == 0


def test_budgets_hold_for_the_whole_and_for_each_host(library: Make) -> None:
    it = library(
        "".join(clip(f"a{n}", at("two")) for n in range(3)) + "".join(clip(f"b{n}") for n in range(3)),
        config="[providers.two.budget]\nper_day = 0.50\n",
    )
    report = it.apply(parallelism=1)
    assert len(it.paid("two")) == 1
    assert len(it.paid("default")) == 3
    assert report.over_budget
    assert "two: the budget per_day of $0.50 would be exceeded" in (report.stopped or "")
    assert "[providers.two.budget] per_day" in (outcome(report, "clip.a1").next or "")
    assert [one.period for one in it.plan().allowances] == ["today at two"]
    it.configure("per_day = 0.50", "per_apply = 0.50")
    (refusal,) = it.plan().refusals
    assert refusal.message == "it would cost $0.80 at two, limit $0.50 per apply"


def test_a_cap_of_the_only_host_counts_what_a_plan_would_add(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.toml").write_text(clip("market"))
    head = SETTINGS[: SETTINGS.index("[providers.two]")]
    defaults = SETTINGS[SETTINGS.index("[defaults]") :]
    (tmp_path / "sorasync.toml").write_text(head + "[provider.budget]\nper_day = 5\n" + defaults)
    plan = make_plan(Project.open(tmp_path), PlanOptions()).plan
    assert "Today at default $0.40 of $5.00 after this." in list(budget_lines(plan))


def test_a_saved_plan_is_carried_out_where_it_says_and_a_host_that_is_gone_makes_it_stale(
    library: Make, tmp_path: Path
) -> None:
    it = library(THREE)
    plan = it.plan()
    lines = list(encode(plan))
    assert decode(lines) == plan
    file = tmp_path / "plan.json"
    file.write_bytes(b"".join(lines))
    it.configure('base_url = "http://two.example/v1"', 'base_url = "http://else.example/v1"')
    with pytest.raises(PlanStale, match=r"clip\.harbour was to go to openai@http://two\.example/v1"):
        it.apply(plan_file=file)
    it.configure('base_url = "http://else.example/v1"', 'base_url = "http://two.example/v1"')
    assert it.apply(plan_file=file).complete
    assert it.paid("two") == ["harbour"]


def test_the_token_of_a_plan_binds_the_hosts(library: Make) -> None:
    it = library(clip("market"))
    one = it.plan().token
    it.write(clip("market", at("two")))
    assert it.plan().token != one


def test_limits_are_those_of_each_host(library: Make) -> None:
    it = library(
        "".join(clip(f"a{n}", at("two")) for n in range(6)) + "".join(clip(f"b{n}") for n in range(6)),
        config="[providers.two.rate]\nin_flight = 1\n",
    )
    most = {"a": 0, "b": 0}
    flying: dict[str, set[str]] = {"a": set(), "b": set()}

    def watch(event: ChangeEvent) -> None:
        label, moment = event.label, event.moment
        letter = label[5]
        if moment is Moment.SENT:
            flying[letter].add(label)
        elif moment is Moment.RENDERED:
            flying[letter].discard(label)
        most[letter] = max(most[letter], len(flying[letter]))

    it.witness.act = watch
    assert it.apply().complete
    assert most["a"] == 1
    assert most["b"] > 1


def test_a_clean_up_deletes_each_video_where_it_is(library: Make) -> None:
    it = library(clip("market") + clip("harbour", at("two")))
    assert it.apply().complete
    it.write(clip("other"))
    assert it.apply().complete
    deleted = collect_garbage(
        it.project, garbage(it.project), LockWait("gc", 0.0, lambda text: None), remote=True
    )
    assert deleted.remote == 2
    assert it.asked("default")["delete"] == it.asked("two")["delete"] == 1


def test_drift_is_looked_for_in_the_list_of_each_host(library: Make) -> None:
    it = library(clip("market") + clip("harbour", at("two")) + clip("tower", 'model = "hero"'))
    it.apply(detach=True)
    server = it.server("two")
    server.jobs.remove(it.record("clip.harbour#1").remote_id or "")
    project = it.project
    with project.synced_store() as store:
        drift = sweep_all(project, store, project.graph(project.library())).drift
    assert [item.label for item in drift.items] == ["clip.harbour"]
    assert it.asked("default")["list"] > 0


def test_a_model_that_has_a_name_of_one_s_own_is_changed_where_it_is_named(library: Make) -> None:
    it = library(clip("tower", 'model = "hero"') + clip("lamp"))
    found = migration(it.project, "fal-ai/veo3/fast", "fal-ai/veo3.1/fast")
    assert [clip.address for clip in found.clips] == ["clip.tower"]
    assert [(one.file, one.after) for one in found.edits] == [("sorasync.toml", 'use = "fal-ai/veo3.1/fast"')]
    assert found.profile == "fal"
    found.write(it.project)
    assert 'use = "fal-ai/veo3.1/fast"' in (it.root / "sorasync.toml").read_text()
    moved = migration(it.project, "sora-2", "fal-ai/veo3/fast", provider="queue")
    assert (moved.host, moved.moves) == ("queue", False)


def test_an_id_that_two_hosts_have_given_is_a_job_at_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in KEYS.values():
        monkeypatch.setenv(variable, variable)
    monkeypatch.setattr("sorasync.preview.dialects.base.secrets.token_hex", lambda _: "1")
    it = TwoHosts(tmp_path, clip("here"))
    assert it.apply().complete
    it.write(clip("here") + clip("there", at("two")))
    it.faults("two", {"route": "create", "do": "cut_after", "nth": 1})
    assert it.apply().complete
    assert it.paid("two") == ["there"]
    assert it.record("clip.here#1").remote_id == it.record("clip.there#1").remote_id


ROW = """
[clips.ad]
prompt = "A letter to {{ name }}."
params = { generate_sound = false }
[clips.ad.each]
csv = "people.csv"
key = "id"
"""


OWN = 'profile = "vllm-omni"\napi_key_env = "OPENAI_API_KEY"'


def test_a_saved_plan_of_rows_has_the_prices_of_what_is_sent_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in KEYS.values():
        monkeypatch.setenv(variable, variable)
    words = "[provider.price_words]\nsilent = { generate_sound = false }\n"
    prices = '[prices."sora-2"]\n"1280x720" = 0.02\n"* silent" = 0.01\n'
    it = TwoHosts(tmp_path, ROW, config=words + prices)
    it.configure('profile = "openai"\nbase_url = "http://one', f'{OWN}\nbase_url = "http://one')
    (it.root / "manifests" / "people.csv").write_text("id,name\n7,Ada\n")
    saved = tmp_path / "plan.json"
    saved.write_bytes(b"".join(encode(it.plan())))
    it.configure('"* silent" = 0.01', '"* silent" = 0.03')
    with pytest.raises(PlanStale, match=r"now costs \$0.12, planned \$0.04"):
        it.apply(plan_file=saved)
    it.configure('"* silent" = 0.03', '"* silent" = 0.01')
    it.apply(plan_file=saved)
    assert it.asked("default")["create"] == 1


def test_the_end_of_a_batch_at_one_host_says_nothing_of_the_same_id_at_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in KEYS.values():
        monkeypatch.setenv(variable, variable)
    same = SimpleNamespace(token_hex=lambda size: "1")
    monkeypatch.setattr("sorasync.preview.routes.batches.secrets", same)
    it = TwoHosts(tmp_path, clip("here") + clip("there", at("two")))
    it.faults("default", {"route": "batch", "do": "batch_expires", "done": 0.0})
    report = it.apply(PlanOptions(batch=True))
    assert ends(report) == {"clip.here": End.FAILED, "clip.there": End.DONE}
    assert it.paid("two") == ["there"]
