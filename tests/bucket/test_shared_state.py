"""State in PostgreSQL, videos in a bucket: a file that one machine lacks is lost for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bucket.clone import clone, set_assets
from tests.postgres_server import PostgresServer
from tests.recovery.world import CHAIN, a_world
from tests.team.conftest import set_state


def test_a_machine_without_the_files_loses_nothing_for_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres: PostgresServer, disk_url: str
) -> None:
    with a_world(tmp_path / "first", capsys) as ann:
        ann.bill()
        set_state(ann, postgres.url("bucket_1"))
        set_assets(ann, disk_url)
        ann.write(CHAIN)
        ann.apply()
        paid = ann.paid()
        ben = clone(ann, tmp_path / "ben")
        for job in ann.ids().values():
            ann.ask(f"/videos/{job}", method="DELETE")
        assert ben.plan() == ben.plan("--refresh") == {}
        ben.apply()
        assert {row["status"] for row in ann.json("state", "list")["records"]} == {"stored"}
        # A new step starts from a video that only the bucket has.
        ben.write(CHAIN + '\n[[clips.pier.steps]]\nedit = "The same at night."\n')
        ben.apply()
        ann.write(CHAIN + '\n[[clips.pier.steps]]\nedit = "The same at night."\n')
        assert ann.plan() == {}
        assert ann.paid()[0] == paid[0] + 1
        ann.run("pull")
        assert len(ann.videos()) == paid[0] + 1
