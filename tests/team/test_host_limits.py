"""What a host takes holds for all machines together, and what the dead held comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sorasync.state.host_limits import KEPT, LIMITS_SCHEMA, HostLimits, Turns
from sorasync.state.store import Store
from tests.postgres_server import GUARDED, PASSWORD, PostgresServer
from tests.recovery.world import TWO_CLIPS, World
from tests.team.conftest import set_state
from tests.team.three_runners import LONGEST, clips, crew


def placed(limits: HostLimits, host: str, model: str, key: str, most: int | None) -> bool:
    """Whether one render gets a slot."""
    return limits.take_slots(host, model, [key], most) == {key}


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
        assert anns.take_turns(host, "sora-2", 5, 3) == Turns(3, 0)
        assert bens.take_turns(host, "sora-2", 5, 3) == Turns(2, 0)
        turns = anns.take_turns(host, "sora-2", 5, 1)
        assert turns.granted == 0
        assert 60 <= turns.wait <= 62
        assert bens.take_turns(host, "sora-2-pro", 5, 9) == Turns(5, 0)
        later(postgres, "turns", "second", 60)
        turns = bens.take_turns(host, "sora-2", 5, 1)
        assert turns.granted == 0
        assert 0 <= turns.wait <= 2
        later(postgres, "turns", "second", 2)
        assert bens.take_turns(host, "sora-2", 5, 9) == Turns(5, 0)


def test_a_pause_that_the_host_asked_one_machine_for_holds_for_all(
    postgres: PostgresServer, schema: str
) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert anns.take_turns(host, "m", None, 3) == Turns(3, 0)
        with anns._session.transaction():
            anns.pause(host, "m", 40)
            anns.pause(host, "m", 2)
        for per_minute in (5, None):
            turns = bens.take_turns(host, "m", per_minute, 3)
            assert (turns.granted, turns.asked) == (0, True)
            assert 30 < turns.wait <= 40
        assert bens.take_turns(host, "other", 5, 3) == Turns(3, 0)
        later(postgres, "hosts", "paused", 40)
        assert bens.take_turns(host, "m", 5, 3) == Turns(3, 0)
        with anns._session.transaction():
            anns.pause(host, "m", 1e9)
        assert bens.take_turns(host, "m", None, 3).wait <= 900


def test_limits_of_before_are_brought_up_to_date(postgres: PostgresServer, schema: str) -> None:
    database = f"limits_{schema}"
    postgres.run_sql(f"CREATE DATABASE {database}")
    postgres.run_sql(
        f"CREATE SCHEMA {LIMITS_SCHEMA}; SET search_path TO {LIMITS_SCHEMA}; "
        "CREATE TABLE hosts (host text, model text, PRIMARY KEY (host, model)); "
        "CREATE TABLE places (host text, model text, key text, holder text NOT NULL, "
        "until double precision NOT NULL, PRIMARY KEY (host, model, key)); "
        "INSERT INTO places VALUES ('host', 'm', 'held', 'somebody', 1e12)",
        database=database,
    )
    with Store.open(postgres.url(schema, database=database), Path()) as store:
        limits = HostLimits(store, "ann")
        limits.prepare()
        assert limits.take_turns("host", "m", 5, 3) == Turns(3, 0)
        assert not placed(limits, "host", "m", "new", 1)


def test_slots_are_counted_for_all_and_go_with_the_render(postgres: PostgresServer, schema: str) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert placed(anns, host, "m", "a", 2)
        assert placed(anns, host, "m", "a", 2)
        assert placed(bens, host, "m", "b", 2)
        assert not placed(bens, host, "m", "c", 2)
        assert placed(bens, host, "m", "a", 2), "who follows a render takes its slot over"
        with anns._session.transaction():
            anns.give_back(host, "m", "a")
        assert not placed(anns, host, "m", "c", 2), "it is not the earlier holder's any more"
        with bens._session.transaction():
            bens.give_back(host, "m", "a")
        assert placed(anns, host, "m", "c", 2)
        assert placed(anns, host, "m", "in flight already", None)


def test_many_ask_for_slots_at_once(postgres: PostgresServer, schema: str) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert placed(bens, host, "m", "c", 3)
        found = anns.take_slots(host, "m", ["a", "b", "c", "d"], 3)
        assert found == {"a", "b", "c"}, "c has a slot already, and goes to who follows it"
        assert anns.take_slots(host, "m", ["d", "a"], 3) == {"a"}


def test_the_slots_of_the_dead_come_back(postgres: PostgresServer, schema: str) -> None:
    host = f"host of {schema}"
    with machine(postgres, schema, "ann") as anns, machine(postgres, schema, "ben") as bens:
        assert placed(anns, host, "m", "a", 2)
        assert placed(bens, host, "m", "b", 2)
        later(postgres, "places", "until", int(KEPT) - 60)
        with bens._session.transaction():
            bens.renew()
        assert not placed(bens, host, "m", "c", 2)
        later(postgres, "places", "until", 61)
        assert placed(bens, host, "m", "c", 2)
        assert not placed(bens, host, "m", "d", 2)


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


LIMITED = """extends = "preview"
name = "limited"
[rate]
in_flight = 1
"""


@pytest.fixture
def limited(world: World) -> World:
    """A library of two clips whose host says what it takes."""
    (world.root / "limited.toml").write_text(LIMITED)
    config = world.root / "sorasync.toml"
    config.write_text(config.read_text().replace('profile = "preview"', 'profile = "limited.toml"'))
    world.write(TWO_CLIPS)
    return world


def account_of(world: World) -> str:
    """What its host is called among the limits."""
    return f"{world.url} SORASYNC_PREVIEW_KEY"


def test_who_waits_for_a_slot_of_others_says_so(
    limited: World, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_of(limited)
    take = HostLimits.take_slots
    asked: list[str] = []

    def watched(
        limits: HostLimits, host: str, model: str, keys: Collection[str], most: int | None
    ) -> set[str]:
        asked.append(host)
        if len(asked) == 3:
            postgres.run_sql(f"DELETE FROM {LIMITS_SCHEMA}.places WHERE holder = 'ben'")
        return take(limits, host, model, keys, most)

    monkeypatch.setattr(HostLimits, "take_slots", watched)
    monkeypatch.setattr("sorasync.apply.render.shared_limits._LOOK", 0.001)
    with machine(postgres, f"{schema}_other", "ben") as bens:
        assert take(bens, account, "sora-2", ["another render"], 1)
        limited.apply()
    assert set(asked) == {account}
    assert "waiting: all machines together have 1 render in flight: waiting for one to end" in limited.err


def test_renders_that_are_ready_at_once_ask_for_slots_together(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = HostLimits.take_slots
    asked: list[int] = []

    def watched(
        limits: HostLimits, host: str, model: str, keys: Collection[str], most: int | None
    ) -> set[str]:
        asked.append(len(keys))
        return take(limits, host, model, keys, most)

    monkeypatch.setattr(HostLimits, "take_slots", watched)
    (limited.root / "limited.toml").write_text(LIMITED.replace("in_flight = 1", "in_flight = 40"))
    limited.write("".join(f'[clips.c{n}]\nprompt = "Scene {n}."\n' for n in range(16)))
    limited.apply("--parallelism", "16")
    assert sum(asked) >= 16
    assert len(asked) < 8


def test_who_waits_since_the_host_asked_another_machine_says_so(
    limited: World, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = HostLimits.take_turns
    paused: list[float] = []

    def watched(limits: HostLimits, host: str, model: str, per_minute: int | None, wanted: int) -> Turns:
        with machine(postgres, f"{schema}_other", "ben") as bens:
            if not paused:
                with bens._session.transaction():
                    bens.pause(host, model, 0.3)
            where = f"FROM {LIMITS_SCHEMA}.hosts WHERE host = ?"
            paused.extend(row[0] for row in bens._session.rows(f"SELECT paused {where}", (host,)))
        return take(limits, host, model, per_minute, wanted)

    monkeypatch.setattr(HostLimits, "take_turns", watched)
    monkeypatch.setattr("sorasync.apply.render.change_payment_gate._WORTH_TELLING", 0.1)
    limited.faults({"route": "create", "do": "rate_limit", "retry_after": 0.05, "nth": 1})
    limited.apply()
    assert "waiting: the provider told another machine to pause: sending in" in limited.err
    assert paused[-1] > paused[0], "what the host asks this machine is noted for the others"


@pytest.mark.heavy
def test_three_runners_send_no_more_in_a_minute_than_one(
    tmp_path: Path, postgres: PostgresServer, schema: str
) -> None:
    rate = "creates_per_minute = 12\nin_flight = 4"
    with crew(tmp_path, postgres, schema, rate=rate, render_seconds=1) as team:
        team.library.clips(clips(0, 29))
        runners = [team.runner("--jobs", "1") for _ in range(3)]
        assert all(runner.reaches(1) for runner in runners)
        # As many jobs as there are runners, or more: the first has one as well.
        assert team.apply("--detach") == 8
        assert runners[0].reaches(8, within=5 * LONGEST)
        runners[0].child.kill()
        last = team.runner("--until-empty")
        assert last.child.wait(10 * LONGEST) == 0, last.log.read_text()
        team.end()
        assert 10 <= team.most_in_a_minute() <= 12
        assert team.most_at_once() <= 4
        team.look(30)
    assert not team.wrong, team.wrong
