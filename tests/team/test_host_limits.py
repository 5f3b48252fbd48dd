"""What a host takes holds for all machines together, and what the dead held comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sorasync.state.host_limits import KEPT, LIMITS_SCHEMA, HostLimits
from sorasync.state.store import Store
from tests.postgres_server import GUARDED, PASSWORD, PostgresServer
from tests.recovery.world import TWO_CLIPS, World
from tests.team.conftest import set_state
from tests.team.three_runners import LONGEST, clips, crew


@contextmanager
def machine(server: PostgresServer, schema: str, holder: str) -> Iterator[HostLimits]:
    """An apply on a machine of its own."""
    with Store.open(server.url(schema), Path()) as store:
        limits = HostLimits(store, holder)
        limits.prepare()
        yield limits


def later(server: PostgresServer, table: str, column: str, seconds: int) -> None:
    """Let what was noted be older than it is."""
    server.run_sql(f"UPDATE {LIMITS_SCHEMA}.{table} SET {column} = {column} - {seconds}")


def test_no_minute_holds_more_creates_than_the_host_takes(postgres: PostgresServer, schema: str) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert anns.take_turns(host, "sora-2", 5, 3) == (3, 0)
        assert bens.take_turns(host, "sora-2", 5, 3) == (2, 0)
        granted, wait = anns.take_turns(host, "sora-2", 5, 1)
        assert granted == 0
        assert 60 <= wait <= 62
        assert bens.take_turns(host, "sora-2-pro", 5, 9) == (5, 0)
        later(postgres, "turns", "second", 60)
        granted, wait = bens.take_turns(host, "sora-2", 5, 1)
        assert granted == 0
        assert 0 <= wait <= 2
        later(postgres, "turns", "second", 2)
        assert bens.take_turns(host, "sora-2", 5, 9) == (5, 0)


def test_places_are_counted_for_all_and_go_with_the_render(postgres: PostgresServer, schema: str) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert anns.take_place(host, "m", "a", 2)
        assert anns.take_place(host, "m", "a", 2)
        assert bens.take_place(host, "m", "b", 2)
        assert not bens.take_place(host, "m", "c", 2)
        assert bens.take_place(host, "m", "a", 2), "who follows a render takes its place over"
        with anns._session.transaction():
            anns.give_back(host, "m", "a")
        assert not anns.take_place(host, "m", "c", 2), "it is not the earlier holder's any more"
        with bens._session.transaction():
            bens.give_back(host, "m", "a")
        assert anns.take_place(host, "m", "c", 2)
        assert anns.take_place(host, "m", "in flight already", None)


def test_the_places_of_the_dead_come_back(postgres: PostgresServer, schema: str) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert anns.take_place(host, "m", "a", 2)
        assert bens.take_place(host, "m", "b", 2)
        later(postgres, "places", "until", int(KEPT) - 60)
        with bens._session.transaction():
            bens.renew()
        assert not bens.take_place(host, "m", "c", 2)
        later(postgres, "places", "until", 61)
        assert bens.take_place(host, "m", "c", 2)
        assert not bens.take_place(host, "m", "d", 2)


def test_who_may_not_share_the_limits_is_told_so_and_renders(
    world: World, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine(postgres, f"{schema}_other", "somebody"):
        postgres.run_sql(f"CREATE SCHEMA {schema} AUTHORIZATION {GUARDED}")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    set_state(world, postgres.url(schema, user=GUARDED))
    world.write(TWO_CLIPS)
    world.apply()
    assert "the limits of hosts are not shared with other machines" in world.err
    assert LIMITS_SCHEMA in world.err
    postgres.run_sql(f"GRANT USAGE ON SCHEMA {LIMITS_SCHEMA} TO {GUARDED}")
    postgres.run_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA {LIMITS_SCHEMA} TO {GUARDED}")
    with Store.open(postgres.url(schema, user=GUARDED), Path(), owner="little") as store:
        HostLimits(store, "guarded").prepare()


@pytest.mark.heavy
def test_three_runners_send_no_more_in_a_minute_than_one(
    tmp_path: Path, postgres: PostgresServer, schema: str
) -> None:
    rate = "creates_per_minute = 12\nin_flight = 4"
    with crew(tmp_path, postgres, schema, rate=rate, render_seconds=1) as team:
        team.library.clips(clips(0, 29))
        runners = [team.runner("--jobs", "2") for _ in range(3)]
        assert all(runner.reaches(1) for runner in runners)
        assert team.apply("--detach") == 8
        assert runners[0].reaches(8)
        runners[0].child.kill()
        last = team.runner("--until-empty")
        assert last.child.wait(10 * LONGEST) == 0, last.log.read_text()
        team.end()
        assert 10 <= team.most_in_a_minute() <= 12
        assert team.most_at_once() <= 4
        team.look(30)
    assert not team.wrong, team.wrong
