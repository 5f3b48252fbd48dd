"""Stills: paid for once, whatever becomes of the answer, and first frames of clips once they are picked."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from PIL import Image

from sorasync.apply.report import End
from sorasync.assets.sniff import sniff_file
from sorasync.operations.plan import PlanOptions
from sorasync.plan.action import Action
from sorasync.plan.policy import PlanRefused
from sorasync.preview.model import PreviewJob
from sorasync.provider.client import VideosClient
from sorasync.provider.local import in_process
from sorasync.state.record import Status
from tests.apply.conftest import MakeWorld
from tests.apply.world import Between, World, ends, outcome

QUAY = '[stills.quay]\nprompt = "A stone quay at dawn."\n'
HARBOUR = '[clips.harbour]\nprompt = "The boat leaves."\nimage = "still:quay"\n'
BY_ADDRESS = '[provider.images.fixed]\nresponse_format = "url"\n'


def paid(world: World) -> int:
    """How many stills were billed."""
    return sum(charge.kind == "still" for charge in world.charges())


def the_job(world: World) -> PreviewJob:
    """The only video that the server has."""
    (job,) = world.server.jobs.page(limit=5, ascending=True, after=None, created_until=float("inf")) or []
    return job


def actions(world: World, **options: object) -> dict[str, Action]:
    """The next plan as label and action."""
    return {change.label: change.action for change in world.plan(**options).changes}


def stored(world: World, address: str) -> Path:
    """The file of a stored render."""
    record = world.record(address)
    assert record.asset is not None
    return world.project.assets().file_of(record.asset)


@pytest.mark.parametrize("form", ["png", "webp", "jpeg"])
def test_a_still_is_kept_as_it_came_and_begins_its_clip(world: MakeWorld, form: str) -> None:
    it = world(QUAY + f'params = {{ output_format = "{form}" }}\n' + HARBOUR)
    it.bills = True
    assert it.apply().complete

    file = stored(it, "still.quay#1")
    ending = {"png": ".png", "webp": ".webp", "jpeg": ".jpg"}[form]
    assert (sniff_file(file), file.name[64:]) == (form, f".still{ending}")
    with Image.open(it.root / "assets/stills" / f"quay{ending}") as picture:
        assert picture.size == (1280, 720)
    job = the_job(it)
    assert job.image is not None
    assert it.server.places.inside(job.image).read_bytes() == file.read_bytes()
    assert actions(it) == {}


def test_what_is_made_from_an_unpicked_still_waits_at_no_cost(world: MakeWorld) -> None:
    it = world(QUAY + "gate = true\n" + HARBOUR)
    it.bills = True
    plan = it.plan()
    assert [(change.label, change.action) for change in plan.changes] == [("still.quay", Action.STILL)]
    assert [(one.label, one.clip, str(one.cost)) for one in plan.waiting] == [
        ("clip.harbour", "still.quay", "$0.40")
    ]
    assert it.apply().complete
    assert actions(it) == {}

    it.write(QUAY + "gate = true\npick = 1\n" + HARBOUR)
    assert actions(it) == {"clip.harbour": Action.CREATE}
    assert it.apply().complete
    assert paid(it) == 1


def test_another_picked_take_is_another_first_frame(world: MakeWorld) -> None:
    it = world(QUAY + "takes = 2\npick = 1\n" + HARBOUR)
    assert it.apply().complete
    it.write(QUAY + "takes = 2\npick = 2\n" + HARBOUR)
    (change,) = it.plan().changes
    assert (change.label, change.action, change.reason) == (
        "clip.harbour",
        Action.REPLACE,
        "still.quay#2 changes",
    )


def test_an_edit_sends_the_picture_before_and_references_in_their_order(world: MakeWorld) -> None:
    it = world("")
    names = ("boat.png", "lamp.png")
    for number, name in enumerate(names):
        Image.new("RGB", (32, 32), (number, 0, 0)).save(it.root / "manifests" / name)
    it.write(QUAY + 'references = ["boat.png", "lamp.png"]\nsteps = [{ edit = "At night." }]\n')
    bodies: list[bytes] = []

    def keep(request: httpx.Request) -> None:
        if request.url.path.endswith("/images/edits"):
            bodies.append(request.read() if request.stream else b"")

    it.transport = Between(in_process(it.app), lambda request: keep(request))
    assert it.apply().complete
    first, second = (it.root / "manifests" / name for name in names)
    assert 0 < bodies[0].index(first.read_bytes()) < bodies[0].index(second.read_bytes())
    assert stored(it, "still.quay#1").read_bytes() in bodies[1]
    assert first.read_bytes() not in bodies[1]
    # What the profile says of sent images is what the server bills.
    assert [it.record(a).cost_usd for a in ("still.quay#1", "still.quay#1/1")] == [
        Decimal("0.1456"),
        Decimal("0.1296"),
    ]
    assert it.server.ledger.total() == Decimal("0.2752")


def test_a_paid_still_whose_answer_is_lost_is_an_open_question(world: MakeWorld) -> None:
    it = world(QUAY + HARBOUR)
    it.bills = True
    it.faults({"route": "still", "do": "cut_after"})
    report = it.apply()
    assert ends(report)["still.quay"] is End.OPEN
    assert outcome(report, "still.quay").next == "sorasync resolve 'still.quay'"
    assert it.record("still.quay#1").status is Status.UNKNOWN

    it.faults()
    assert ends(it.apply())["still.quay"] is End.OPEN
    assert (paid(it), it.billed().get("clip.harbour")) == (1, None)


def test_a_drawing_of_this_machine_whose_answer_is_lost_is_drawn_again(world: MakeWorld) -> None:
    it = world(QUAY)
    it.faults({"route": "still", "do": "cut_after", "nth": 1})
    assert it.apply().complete


def test_an_end_between_answer_and_record_pays_once(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = world(QUAY)
    it.bills = True
    still = VideosClient.still

    async def dies(self: VideosClient, *args: object) -> object:
        await still(self, *args)  # type: ignore[arg-type]
        raise RuntimeError("the machine is gone")

    monkeypatch.setattr(VideosClient, "still", dies)
    assert not it.apply().complete
    assert it.record("still.quay#1").status is Status.UNKNOWN
    monkeypatch.undo()

    assert actions(it) == {"still.quay": Action.RESUME}
    assert it.apply().complete
    assert paid(it) == 1
    assert stored(it, "still.quay#1").exists()
    assert list((it.root / "assets/.store/answers").iterdir()) == []


def test_a_refused_still_is_blocked_and_so_is_its_clip(world: MakeWorld) -> None:
    it = world(QUAY + HARBOUR)
    it.bills = True
    it.faults({"route": "still", "do": "moderated"})
    assert ends(it.apply())["still.quay"] is End.BLOCKED
    it.faults()
    before = it.requests()["still"]
    assert actions(it) == {"still.quay": Action.BLOCKED, "clip.harbour": Action.BLOCKED}
    it.apply()
    assert it.requests()["still"] == before
    assert actions(it, retry=("still.quay",)) == {"still.quay": Action.STILL, "clip.harbour": Action.CREATE}


def test_an_answer_without_a_picture_is_a_failed_render_that_was_paid_for(world: MakeWorld) -> None:
    it = world(QUAY)
    it.bills = True
    it.faults({"route": "still", "do": "no_picture", "nth": 1})
    report = it.apply()
    assert outcome(report, "still.quay").message.startswith(
        "the answer contains no picture: it has an unknown"
    )
    record = it.record("still.quay#1")
    assert (record.status, record.cost_usd) == (Status.FAILED, Decimal("0.1136"))
    (change,) = it.plan().changes
    assert "attempt 2 of 3" in change.reason
    assert it.apply().complete
    assert paid(it) == 2


def test_a_still_behind_an_address_that_has_expired_is_lost_and_never_paid_for_again_unseen(
    world: MakeWorld,
) -> None:
    it = world(QUAY, config=BY_ADDRESS)
    it.bills = True
    it.faults({"route": "picture", "do": "expire"})
    assert not it.apply().complete
    # The provider's hour is over.
    it.clock.time += 7200
    assert not it.apply().complete
    it.faults()
    (change,) = it.plan(offline=True).changes
    assert change.action is Action.LOST
    assert "for $0.1136: --replace 'still.quay'" in change.reason
    it.apply()
    assert paid(it) == 1


def test_a_still_behind_an_address_is_fetched_at_once(world: MakeWorld) -> None:
    it = world(QUAY, config=BY_ADDRESS)
    it.bills = True
    assert it.apply().complete
    assert (paid(it), it.requests()["picture"]) == (1, 1)


def test_a_still_whose_file_is_gone_is_lost_but_put_back_from_its_name(world: MakeWorld) -> None:
    it = world(QUAY)
    it.bills = True
    assert it.apply().complete
    file = stored(it, "still.quay#1")
    content = file.read_bytes()
    name = it.root / "assets/stills/quay.png"
    name.unlink()
    name.write_bytes(content)
    file.chmod(0o644)
    file.unlink()
    assert actions(it) == {"still.quay": Action.DOWNLOAD}
    assert it.apply().complete
    assert (file.read_bytes(), paid(it)) == (content, 1)

    file.unlink()
    name.unlink()
    assert actions(it) == {"still.quay": Action.LOST}


def test_a_clip_ends_with_a_still_where_the_host_takes_one(world: MakeWorld) -> None:
    it = world(QUAY + '[clips.night]\nprompt = "Night falls."\nlast_image = "still:quay"\n')
    assert it.apply().complete
    job = the_job(it)
    assert it.server.places.last_image(job.id).read_bytes() == stored(it, "still.quay#1").read_bytes()


def test_only_what_makes_the_picture_is_in_its_key(world: MakeWorld) -> None:
    it = world(QUAY)
    assert it.apply().complete
    inputs = json.loads(it.record("still.quay#1").inputs)
    assert sorted(inputs) == ["kind", "model", "prompt", "simulated", "size", "v"]
    it.write(QUAY + 'tags = ["a"]\ndescription = "The first"\nprotect = true\n')
    assert actions(it) == {}
    with pytest.raises(PlanRefused, match=r"it would replace still\.quay, which is protected"):
        it.apply(PlanOptions(replace=("still.quay",)))
