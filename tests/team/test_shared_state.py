"""The state in PostgreSQL, from the command line: two people share it, and whatever is wrong is explained."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sorasync.clock import SystemClock
from sorasync.state import postgres_open, store
from sorasync.state.migrations import VERSION
from sorasync.state.postgres_schema import STEPS
from tests.postgres_server import GUARDED, PASSWORD, PostgresServer
from tests.recovery.world import CHAIN, TWO_CLIPS, World
from tests.team.conftest import set_state


def colleague(world: World) -> World:
    """A second clone of the library, without the videos."""
    root = world.root.with_name("clone")
    shutil.copytree(world.root, root, ignore=shutil.ignore_patterns("assets", "state"))
    return replace(world, root=root)


def test_what_one_has_paid_for_the_other_need_not(world: World) -> None:
    world.write(CHAIN)
    world.apply()
    paid = world.paid()
    ben = colleague(world)
    assert set(ben.plan().values()) == {"download"}
    ben.apply()
    assert ben.plan() == world.plan() == {}
    assert ben.paid() == paid
    assert len(ben.videos()) == len(world.videos())
    assert "serial" in ben.run("state", "check")
    assert len(ben.json("history")["runs"]) == 2


def test_what_one_has_checked_the_other_need_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    first = world.json("check", "--only", "size")
    assert {one["check"] for video in first["videos"] for one in video["checks"]} == {"size"}

    def decode(*_: object) -> None:
        raise AssertionError("a video was decoded again")

    monkeypatch.setattr("sorasync.checks.worker_pool.WorkerPool.check", decode)
    assert world.json("check", "--only", "size")["videos"] == first["videos"]


def test_environments_share_a_database_and_nothing_else(world: World, postgres: PostgresServer) -> None:
    world.write(TWO_CLIPS)
    set_state(world, postgres.url("").partition("?")[0])
    world.configure("[env.night.defaults]", "seconds = 8")
    world.apply()
    assert set(world.plan("--env", "night").values()) == {"create"}
    world.run("--env", "night", "apply", "--yes")
    assert world.plan() == world.plan("--env", "night") == {}


def test_a_plan_makes_no_schema(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write(TWO_CLIPS)
    assert len(world.plan()) == 2
    postgres.run_sql(f"CREATE SCHEMA {schema}")
    world.apply()
    assert world.plan() == {}


def test_a_reader_may_plan_and_not_apply(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    postgres.run_sql(f"CREATE ROLE reader_{schema} LOGIN; GRANT USAGE ON SCHEMA {schema} TO reader_{schema}")
    set_state(world, postgres.url(schema, user=f"reader_{schema}"))
    world.run("plan", code=1)
    assert "you have no permission for that" in world.err
    postgres.run_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema}")
    assert world.plan() == {}
    world.run("apply", "--yes", code=1)
    assert "you have no permission for that" in world.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user": GUARDED}, "denies access"),
        ({"user": "nobody_knows"}, "denies access"),
        ({"database": "no_such"}, "there is no such database"),
        ({"port": 1}, "cannot be reached"),
        ({"schema": "any&sslmode=require"}, "do not agree on encryption"),
        ({"schema": "any&shema=x"}, "the options of libpq"),
        ({"schema": "sorasync_queue"}, "is for what all libraries share"),
        ({"schema": "sorasync_limits"}, "is for what all libraries share"),
    ],
    ids=["password", "user", "database", "port", "tls", "option", "queue", "limits"],
)
def test_a_server_that_does_not_answer_as_hoped_is_explained(
    world: World,
    postgres: PostgresServer,
    change: dict[str, object],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "not the right one")
    world.write(TWO_CLIPS)
    set_state(world, postgres.url(**({"schema": "any"} | change)))  # type: ignore[arg-type]
    for command in (["plan"], ["apply", "--yes"], ["status"], ["state", "list"]):
        world.run(*command, code=1)
        assert message in world.err
        assert "not the right one" not in world.err
        assert "Traceback" not in world.err
    assert world.paid()[0] == 0


def test_the_password_comes_from_the_environment(
    world: World, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run_sql(f"CREATE SCHEMA {schema} AUTHORIZATION {GUARDED}")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    set_state(world, postgres.url(schema, user=GUARDED))
    world.write(TWO_CLIPS)
    world.apply()
    assert world.plan() == {}


def test_a_service_file_names_the_server(
    world: World, postgres: PostgresServer, schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run_sql(f"CREATE SCHEMA {schema} AUTHORIZATION {GUARDED}")
    service = tmp_path / "services.conf"
    service.write_text(f"[film]\nhost=127.0.0.1\nport={postgres.port}\ndbname=postgres\nuser={GUARDED}\n")
    passwords = tmp_path / "passwords"
    passwords.write_text(f"127.0.0.1:{postgres.port}:*:{GUARDED}:{PASSWORD}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    set_state(world, f"postgresql:///?service=film&schema={schema}")
    world.write(TWO_CLIPS)
    world.apply()
    assert world.plan() == {}
    set_state(world, f"postgresql:///?service=nobody&schema={schema}")
    world.run("plan", code=1)
    assert "?service=nobody" in world.err


def test_without_the_driver_the_extra_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sorasync.state.postgres_database", None)
    world.run("plan", code=1)
    assert "a state in PostgreSQL needs the extra team" in world.err
    assert "psycopg[binary]" in world.err


def test_a_password_in_the_manifest_is_refused_and_not_shown(world: World, postgres: PostgresServer) -> None:
    for url in (postgres.url("x", user="ann:tell-nobody"), postgres.url("x") + "&password=tell-nobody"):
        set_state(world, url)
        world.run("plan", code=1)
        assert "a password must not be in sorasync.toml" in world.err
        assert "tell-nobody" not in world.err + world.out


def test_a_library_without_a_name_is_refused(world: World, postgres: PostgresServer) -> None:
    set_state(world, postgres.url("").partition("?")[0])
    config = world.root / "sorasync.toml"
    config.write_text(config.read_text().replace('name = "little"', ""))
    world.run("plan", code=1)
    assert "needs the library's name" in world.err


def test_the_state_of_another_library_is_refused(world: World) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    config = world.root / "sorasync.toml"
    config.write_text(config.read_text().replace('name = "little"', 'name = "other"'))
    for command in ("plan", "apply"):
        world.run(command, code=1)
        assert "is the state of the library little; this one is other" in world.err
    assert world.paid()[0] == 2


def test_tables_of_something_else_are_refused(world: World, postgres: PostgresServer, schema: str) -> None:
    postgres.run_sql(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.orders (id int)")
    world.run("plan", code=1)
    assert "is not a state of sorasync" in world.err
    world.run("apply", "--yes", code=1)
    assert "is not a state of sorasync" in world.err


def test_the_state_of_a_later_version_is_refused(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    postgres.run_sql(f"UPDATE {schema}.sorasync SET schema_version = 99")
    for command in ("plan", "apply"):
        world.run(command, code=1)
        assert "schema version 99, written by a later sorasync" in world.err


def test_a_state_of_an_earlier_version_is_read(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    postgres.run_sql(
        f"DROP TABLE {schema}.checks; ALTER TABLE {schema}.records DROP mismatch; "
        f"UPDATE {schema}.sorasync SET schema_version = 5"
    )
    assert world.plan() == {}
    world.run("apply", "--yes", code=1)
    assert "schema version 5, which no sorasync wrote" in world.err


def test_a_state_is_upgraded_by_who_may_and_then_refuses_who_is_older(
    world: World, postgres: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    postgres.run_sql(
        f"CREATE ROLE writer_{schema} LOGIN; GRANT USAGE ON SCHEMA {schema} TO writer_{schema}; "
        f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO writer_{schema}; "
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO writer_{schema}"
    )
    with monkeypatch.context() as later:
        for module in (postgres_open, store):
            later.setattr(module, "VERSION", VERSION + 1)
        upgrade = (f"ALTER TABLE records ADD COLUMN of_version_{VERSION + 1} TEXT",)
        later.setattr(postgres_open, "STEPS", (*STEPS, upgrade))
        assert world.plan() == {}
        set_state(world, postgres.url(schema, user=f"writer_{schema}"))
        world.run("apply", "--yes", code=1)
        assert "must be owner of table records" in world.err
        assert "docs/team.md" in world.err
        set_state(world, postgres.url(schema))
        world.apply()
        assert world.plan() == {}
    world.run("plan", code=1)
    assert f"schema version {VERSION + 1}, written by a later sorasync" in world.err
    assert world.paid()[0] == 2


def test_lost_columns_are_named(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write(TWO_CLIPS)
    world.apply()
    postgres.run_sql(f"ALTER TABLE {schema}.records RENAME status TO stage")
    world.run("plan", code=1)
    assert "columns are missing" in world.err
    assert "backup" in world.err


def test_clocks_that_disagree_are_told_and_cost_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine that is a day ahead an answer is lost, and its job is found; then others go on."""
    world.write(TWO_CLIPS)
    world.faults({"route": "create", "do": "cut_after", "nth": 1})
    with monkeypatch.context() as ahead:
        ahead.setattr(SystemClock, "now", lambda clock: time.time() + 86_400)
        world.apply()
        told = "the clock of this machine is 24 h ahead of the database's"
        assert told in world.err
        assert [told] == [
            check["message"]
            for check in world.json("doctor", "--offline")["checks"]
            if check["name"] == "database"
        ]
    world.write(TWO_CLIPS + '[clips.more]\nprompt = "A boat."\n')
    world.apply()
    assert "the clock of this machine" not in world.err
    assert world.plan() == {}
    assert world.paid()[0] == 3


def test_a_server_that_was_restarted_is_found_again(world: World, postgres: PostgresServer) -> None:
    world.write(TWO_CLIPS)
    with world.store(write=True) as store:
        store.log("before")
        postgres.stop("immediate")
        postgres.start()
        store.log("after")
        assert [event.what for event in store.events()] == ["before", "after"]


def test_what_needs_a_file_says_that_there_is_none(world: World) -> None:
    for command in (["state", "backups"], ["state", "restore", "1"], ["state", "recover", "--anew"]):
        world.run(*command, code=1)
        assert "in PostgreSQL and has no file" in world.err
    world.write(TWO_CLIPS)
    world.apply()
    assert "sound" in world.run("doctor")


def test_a_state_moves_to_the_server_and_back(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write(CHAIN)
    set_state(world, "sqlite:state/sorasync.db")
    world.apply()
    exported, paid = world.run("state", "export"), world.paid()
    world.run("state", "move", "--to", postgres.url(schema))
    set_state(world, postgres.url(schema))
    assert world.run("state", "export") == exported
    assert world.plan() == {}
    world.run("state", "move", "--to", postgres.url(schema), code=1)
    assert "the state is there already; nothing was moved\n  name another place with --to" in world.err
    world.run("state", "move", "--from", "sqlite:state/sorasync.db", code=1)
    assert "contains a state already" in world.err
    world.write(CHAIN + '[clips.more]\nprompt = "A boat."\n')
    world.apply()
    exported = world.run("state", "export")
    world.run("state", "move", "--to", "sqlite:state/back.db")
    set_state(world, "sqlite:state/back.db")
    assert world.run("state", "export") == exported
    assert (world.plan(), world.paid()[0]) == ({}, paid[0] + 1)


def test_a_move_onto_itself_is_refused_however_it_is_spelt(
    world: World, postgres: PostgresServer, schema: str
) -> None:
    world.write(TWO_CLIPS)
    set_state(world, "sqlite:state/sorasync.db")
    world.apply()
    url = postgres.url(schema)
    # As somebody does it who names the database first.
    set_state(world, url)
    for spelt in (url, f"{url}&application_name=x" if "?" in url else f"{url}?application_name=x"):
        world.run("state", "move", "--to", spelt, code=1)
        assert "the state is there already; nothing was moved" in world.err
        assert "`sorasync state move --from sqlite:state/sorasync.db`" in world.err
    world.run("plan")
    assert "state/sorasync.db has 2 records: `sorasync state move --from" in world.err
    world.run("state", "move", "--from", "sqlite:state/none.db", code=1)
    assert not (world.root / "state" / "none.db").exists()
    world.run("state", "move", "--from", "sqlite:state/sorasync.db")
    assert world.plan() == {}
    world.run("plan")
    assert world.err == ""
