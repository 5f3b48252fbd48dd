from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sorasync.errors import SorasyncError
from sorasync.preview.database import Database
from sorasync.preview.owner import DrawingOwner
from tests.preview.kit import preview, until

_KILLED = """
import asyncio, sys
from pathlib import Path
import httpx
from sorasync.preview.app import PreviewSettings, create_app

async def main():
    app = create_app(PreviewSettings(Path(sys.argv[1]), workers=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://preview/v1") as http:
        for _ in range(2):
            await http.post("/videos", json={"prompt": "a pier", "seconds": "12"})
        app.state.server.renderer.kick()
        while not app.state.server.renderer.progress:
            await asyncio.sleep(0.01)
        sys.stdout.write("drawing\\n")
        sys.stdout.flush()
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            body = (await it.http.get(f"/videos/{job['id']}/content")).content
            character = (
                await it.http.post(
                    "/videos/characters", data={"name": "Mossy"}, files={"video": ("m.mp4", b"clip")}
                )
            ).json()
            ledger = await it.ledger()
        async with preview(tmp_path) as it:
            assert await it.get(job["id"]) == job
            assert (await it.http.get(f"/videos/{job['id']}/content")).content == body
            answer = await it.http.get(f"/videos/characters/{character['id']}")
            assert answer.json() == character
            assert await it.ledger() == ledger

    asyncio.run(run())


def test_a_fault_that_was_decided_at_the_start_holds_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=10) as it:
            await it.faults({"route": "create", "do": "fail"})
            job = await it.create()
        async with preview(tmp_path, render_seconds=10) as it:
            it.clock.time += 11
            assert (await it.get(job["id"]))["status"] == "failed"

    asyncio.run(run())


def test_a_process_that_was_killed_while_drawing_loses_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"drawing\n"
        os.kill(process.pid, signal.SIGKILL)

    async def run() -> None:
        async with preview(tmp_path, draw=True) as it:
            jobs = (await it.http.get("/videos")).json()["data"]
            assert len(jobs) == 2
            await until(lambda: it.finished(*(job["id"] for job in jobs)))
            assert {(await it.get(job["id"]))["status"] for job in jobs} == {"completed"}
            assert (await it.ledger())["count"] == 2
            parts = tmp_path / "parts"
            assert list(parts.rglob("*.mp4")) == []

    asyncio.run(run())


def test_closing_in_the_middle_of_a_drawing_leaves_it_to_the_next_server(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, draw=True, workers=1) as it:
            job = await it.create(seconds="12")
            await until(it.draws)
        async with preview(tmp_path, draw=True) as it:
            await until(lambda: it.finished(job["id"]))
            assert (await it.get(job["id"]))["status"] == "completed"

    asyncio.run(run())


def test_drawing_goes_on_when_the_server_is_used_on_a_new_event_loop(tmp_path: Path) -> None:
    import httpx

    from sorasync.preview.app import PreviewSettings, create_app

    app = create_app(PreviewSettings(tmp_path, workers=1))

    def client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://preview/v1")

    async def begin() -> str:
        async with client() as http:
            return str((await http.post("/videos", json={"prompt": "x"})).json()["id"])

    async def finish(job_id: str) -> None:
        async with client() as http:

            async def completed() -> bool:
                return bool((await http.get(f"/videos/{job_id}")).json()["status"] == "completed")

            await until(completed)
        await app.state.server.aclose()

    asyncio.run(finish(asyncio.run(begin())))


def test_two_servers_over_one_directory_share_their_jobs_and_draw_each_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, draw=True) as one, preview(tmp_path, draw=True) as two:
            made = [(await it.create(f"p{number}"))["id"] for number in range(2) for it in (one, two)]
            await until(lambda: two.finished(*made))
            assert [job["id"] for job in (await one.http.get("/videos")).json()["data"]] == made[::-1]
            assert await one.ledger() == await two.ledger()
            assert (await one.ledger())["count"] == 4

    asyncio.run(run())


def test_writes_from_several_processes_do_not_get_lost(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom tests.preview.kit import preview\n"
        "async def run():\n"
        "    async with preview(Path(sys.argv[1])) as it:\n"
        "        for number in range(50):\n            await it.create(f'p{number}')\n"
        "asyncio.run(run())\n"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen(command, cwd=root) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]

    async def run() -> None:
        async with preview(tmp_path) as it:
            ledger = await it.ledger()
            assert (ledger["count"], ledger["total_usd"]) == (100, "40.00")
            assert len({row["job"] for row in ledger["rows"]}) == 100

    asyncio.run(run())


def test_an_owner_is_alive_until_it_is_closed_or_its_process_is(tmp_path: Path) -> None:
    one, two = DrawingOwner(tmp_path), DrawingOwner(tmp_path)
    assert two.is_alive(one.name)
    assert one.is_alive(two.name)
    assert not one.is_alive("nobody")
    name = one.name
    one.close()
    assert not two.is_alive(name)
    two.close()


def test_a_database_of_a_newer_format_is_refused_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "preview.db"
    Database(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SorasyncError, match=r"preview\.db"):
        Database(path)


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "preview.db")
    row = {"id": "a", "name": "n", "path": "p", "created": 1.0}
    with pytest.raises(ZeroDivisionError), database.write():
        database.insert("characters", row)
        with database.write():
            raise ZeroDivisionError
    assert database.rows("SELECT * FROM characters") == []
    with database.write():
        database.insert("characters", row)
    assert len(database.rows("SELECT * FROM characters")) == 1
    database.close()
