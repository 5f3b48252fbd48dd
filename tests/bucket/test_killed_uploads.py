"""An apply is killed at any request to the bucket: the next one pays for nothing, and everything is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bucket.clone import objects, set_assets
from tests.bucket.fault_proxy import FaultProxy
from tests.bucket.killed import apply_killed_at
from tests.recovery.world import TWO_CLIPS, World

# An apply of two clips makes about so many requests.
_EVERY = range(1, 25)


@pytest.mark.parametrize(
    ("number", "carried_out"),
    [
        (5, True),
        (4, False),
        *(pytest.param(number, True, marks=pytest.mark.heavy) for number in _EVERY),
        *(pytest.param(number, False, marks=pytest.mark.heavy) for number in _EVERY),
    ],
)
def test_a_killed_apply_is_finished_by_the_next_one(
    world: World, proxied_url: str, proxy: FaultProxy, number: int, carried_out: bool
) -> None:
    set_assets(world, proxied_url)
    world.write(TWO_CLIPS)
    world.project().assets().archive.require()
    died = apply_killed_at(world.root, proxy, number, carried_out=carried_out)
    if died:
        # The provider keeps nothing for those who come late.
        for record in world.json("state", "list")["records"]:
            if record["remote_id"] is not None and record["asset"] is not None:
                world.ask(f"/videos/{record['remote_id']}", method="DELETE")
        world.apply()
    assert world.plan() == {}
    assert world.paid()[0] == 2
    assert [Path(path).name for path in objects(proxied_url)] == [path.name for path in world.videos()]
