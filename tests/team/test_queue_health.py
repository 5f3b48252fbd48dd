"""`sorasync doctor` says what it sees of queues and leases."""

from __future__ import annotations

from sorasync.state.queue_schema import QUEUE_SCHEMA, make_queue
from tests.postgres_server import PostgresServer
from tests.recovery.world import World
from tests.team.conftest import set_state

JOB = (
    "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id) "
    "VALUES ('night', 'sorasync.apply', '{}', "
)
RUNNER = """INSERT INTO runners (id, queue, "user", host, pid) VALUES
    ('00000000-0000-0000-0000-000000000001', 'night', 'ann', 'render-1', 7)"""
DEAD = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"


def test_the_doctor_sees_what_nobody_carries_out(world: World, postgres: PostgresServer, schema: str) -> None:
    database = f"doctor_{schema}"
    postgres.run_sql(f"CREATE DATABASE {database}")

    def seen(code: int = 0) -> list[tuple[str, str]]:
        checks = world.json("doctor", "--offline", code=code)["checks"]
        return [(check["level"], check["message"]) for check in checks if check["name"] == "queue"]

    def run_sql(*statements: str) -> list[tuple[str, str]]:
        postgres.run_sql("; ".join([f"SET search_path TO {QUEUE_SCHEMA}", *statements]), database=database)
        return seen()

    set_state(world, postgres.url(schema, database=database))
    assert seen() == []
    world.configure("[apply]", 'queue = "night"')
    assert seen() == [("ok", "not made yet: the first apply makes it")]
    make_queue(postgres.url(schema, database=database))
    assert seen() == [("warning", "night: no runner is at work, nothing is queued")]
    assert run_sql(f"{JOB} 'todo', NULL)") == [("warning", "night: no runner is at work, 1 job waiting")]
    assert run_sql(RUNNER) == [("ok", "night: 1 due, 0 running, 1 runner")]
    assert run_sql(DEAD, f"{JOB} 'doing', 1)", f"{JOB} 'failed', NULL)") == [
        ("warning", "night: 1 due, 1 running, 1 runner; 1 job of dead runners"),
        ("warning", "night: 1 job given up"),
    ]
    assert "later procrastinate" in run_sql("INSERT INTO steps VALUES ('99.99_later.sql')")[0][1]
    assert (
        "1 step missing"
        in run_sql(
            "DELETE FROM steps WHERE name = '99.99_later.sql' "
            "OR name = (SELECT max(name) FROM steps WHERE name < '99')"
        )[0][1]
    )
    set_state(world, "sqlite:state/sorasync.db")
    assert seen(code=1) == [("error", "[apply] queue is set, and the state is a file")]


def test_who_is_gone_counts_as_nobody(world: World, postgres: PostgresServer, schema: str) -> None:
    world.write('[clips.a]\nprompt = "A scene."\n')
    world.apply()
    postgres.run_sql(
        f"INSERT INTO {schema}.holders "
        '("user", host, machine, pid, process, command, since, heartbeat, life) '
        "SELECT 'ann', 'gone', '', n, '', 'apply', 0, 0, 60 FROM generate_series(1, 500) n"
    )
    checks = {check["name"]: check["message"] for check in world.json("doctor", "--offline")["checks"]}
    assert checks["leases"].startswith("500 applies ended without giving the leases back")
    assert checks["database"] == "its clock agrees with this machine"
    assert world.run("state", "lock") == "The state is not locked.\n"
    world.apply()
    assert "leases" not in {check["name"] for check in world.json("doctor", "--offline")["checks"]}
