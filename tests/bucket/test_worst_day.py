"""A bucket on its worst day: any request fails, is carried out and not answered, or tells of what was."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sorasync.assets.archive import ArchiveError
from tests.apply.world import World, numbered
from tests.bucket.clone import objects
from tests.bucket.fault_proxy import FaultProxy

CLIPS = 4
_SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in range(2, 60))]


@pytest.mark.parametrize("seed", _SEEDS)
def test_nothing_is_lost_or_paid_again(
    tmp_path: Path, proxied_url: str, proxy: FaultProxy, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sorasync.assets.object_bucket.RETRIES", 0)
    film = World(tmp_path, numbered(CLIPS), config=f'[assets]\nurl = "{proxied_url}"\n')
    film.bills = True
    film.project.assets().archive.require()
    proxy.dice, proxy.chance = random.Random(seed), 0.25
    for _ in range(3):
        try:
            film.apply()
        except ArchiveError:
            continue
        if seed % 2:
            # This machine loses its copies: only the bucket has them now, or the provider.
            for path in film.project.assets().root.glob("??/*.mp4"):
                path.unlink()
    faults = sum(1 for _, _, fault in proxy.seen if fault)
    proxy.dice = None
    film.apply()
    assert film.plan().changes == ()
    assert faults > 0
    assert list(film.billed().values()) == [1] * CLIPS
    there = {Path(path).name[:64] for path in objects(proxied_url)}
    with film.store() as store:
        assert there == {brief.asset for brief in store.briefs().values()}
    archive = film.project.assets().archive
    assert all(archive.intact(sha256) for sha256 in there)
