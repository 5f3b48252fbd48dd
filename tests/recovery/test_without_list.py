"""A provider without a list of videos: what can still be done, and what is said of the rest."""

from __future__ import annotations

import pytest

from tests.recovery.test_resolve import left_open
from tests.recovery.world import TWO_CLIPS, World


@pytest.fixture
def mute(world: World) -> World:
    """A library whose provider lists nothing."""
    world.configure("[provider.abilities]", 'list = "none"')
    return world


def test_a_lost_answer_is_settled_by_an_id_that_somebody_looked_up(mute: World) -> None:
    left_open(mute)
    job = mute.make("A lantern-lit market at dusk.")

    found = mute.json("resolve", code=1)
    assert (found["listed"], found["questions"][0]["candidates"]) == (False, [])
    assert "no list of videos" in mute.run("resolve", code=1)
    mute.run("resolve", "clip.market", "--adopt", job)
    mute.apply()

    assert mute.ids() == {"clip.market#1": job}


def test_a_lost_state_returns_from_the_notes_beside_the_videos(mute: World) -> None:
    mute.write(TWO_CLIPS)
    mute.apply()
    paid = mute.paid()
    mute.lose_state()

    assert mute.json("state", "recover")["missing"] == []
    assert mute.plan() == {}

    mute.lose_state()
    mute.lose_assets()
    assert mute.json("state", "recover")["provider"] == "it has no list of videos"
    assert mute.paid() == paid


def test_drift_looks_at_the_files_alone_and_nothing_can_be_imported_unnamed(mute: World) -> None:
    mute.write(TWO_CLIPS)
    mute.apply()
    mute.videos()[0].unlink()

    drift = mute.json("drift", "--detailed-exitcode", code=3)["drift"]

    assert not drift["asked"]
    assert len(drift["items"]) == 1
    mute.run("import", "--remote", code=1)
    assert "has no list of videos" in mute.err
