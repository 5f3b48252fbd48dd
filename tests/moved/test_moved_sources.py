"""A library that moves to another host: renders stay, and steps go on from the files that are here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sorasync.cli.main import run
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.plan.action import Action
from sorasync.plan.plan import Plan
from sorasync.preview.serve import Running, running
from sorasync.preview.settings import PreviewSettings
from tests.apply.conftest import MakeWorld
from tests.apply.conftest import world as world

CLIP = '[clips.a]\nprompt = "A pier at dusk."\n'
STEP = '[[clips.a.steps]]\nextend = "A gull lands."\n'


@dataclass
class Moving:
    """A library and two hosts."""

    root: Path
    old: Running
    new: Running

    def at(self, host: Running, more: str = "") -> None:
        """Point the library at a host."""
        (self.root / "sorasync.toml").write_text(
            f'[provider]\nprofile = "openai"\nbase_url = "{host.url}"\n{more}'
            '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
        )

    def write(self, manifest: str) -> None:
        (self.root / "manifests" / "a.toml").write_text(manifest)

    def plan(self) -> Plan:
        return make_plan(Project.open(self.root), PlanOptions()).plan

    def apply(self) -> int:
        return run(["--library", str(self.root), "apply", "--yes", "--quiet"])


@pytest.fixture
def moving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moving]:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    (tmp_path / "library" / "manifests").mkdir(parents=True)
    settings: dict[str, Any] = {"draw": False, "poll_after_ms": 20}
    with (
        running(PreviewSettings(tmp_path / "old", **settings)) as old,
        running(PreviewSettings(tmp_path / "new", **settings)) as new,
    ):
        made = Moving(tmp_path / "library", old, new)
        made.at(old)
        made.write(CLIP)
        assert made.apply() == 0
        yield made


def charges(host: Running) -> list[tuple[str, str]]:
    return [(charge.kind, str(charge.seconds)) for charge in host.app.state.server.ledger.charges()]


def test_moving_to_another_host_alone_plans_nothing(moving: Moving) -> None:
    moving.at(moving.new)
    assert moving.plan().empty


@pytest.mark.parametrize("step", ["extend", "edit"])
def test_a_step_uploads_its_source_to_a_host_that_does_not_hold_it(moving: Moving, step: str) -> None:
    moving.at(moving.new)
    moving.write(CLIP + f'[[clips.a.steps]]\n{step} = "A gull lands."\n')
    (change,) = moving.plan().changes
    assert (change.action.value, str(change.cost_usd)) == (step, "0.40")
    assert change.reason == "not rendered yet; its source is uploaded, because the provider does not have it"
    assert moving.apply() == 0
    assert charges(moving.new) == [(step, "4")]
    assert len(charges(moving.old)) == 1
    assert moving.plan().empty


def test_further_steps_go_on_by_id_at_the_new_host(moving: Moving) -> None:
    moving.at(moving.new)
    moving.write(CLIP + STEP + STEP)
    assert moving.apply() == 0
    assert [kind for kind, _ in charges(moving.new)] == ["extend", "extend"]


def test_where_nothing_can_be_uploaded_the_plan_blocks_and_names_the_price_of_the_source(
    moving: Moving,
) -> None:
    moving.at(moving.new, "[provider.abilities]\nupload_as_source = false\n")
    moving.write(CLIP + STEP)
    (change,) = moving.plan().changes
    assert change.action is Action.BLOCKED
    assert "$0.40" in change.reason
    assert "--replace 'clip.a'" in change.reason
    assert charges(moving.new) == []


def test_with_replace_the_source_is_rendered_at_the_new_host_first(moving: Moving) -> None:
    moving.at(moving.new, "[provider.abilities]\nupload_as_source = false\n")
    moving.write(CLIP + STEP)
    assert run(["--library", str(moving.root), "apply", "--yes", "--quiet", "--replace", "clip.a"]) == 0
    assert [kind for kind, _ in charges(moving.new)] == ["create", "extend"]


def test_a_source_that_its_own_host_deleted_is_uploaded(moving: Moving) -> None:
    server = moving.old.app.state.server
    with Project.open(moving.root).store() as store:
        (record,) = store.every_record()
    server.remove(server.jobs.get(record.remote_id))
    moving.write(CLIP + STEP)
    assert moving.apply() == 0
    assert [kind for kind, _ in charges(moving.old)] == ["create", "extend"]


def test_a_source_that_expired_at_its_own_host_is_uploaded(world: MakeWorld) -> None:
    it = world(CLIP, expires_after=600)
    assert it.apply().complete
    it.clock.time += 3600
    it.write(CLIP + STEP)
    assert it.apply().complete
    assert it.billed() == {"clip.a": 1, "clip.a#1/1": 1}
