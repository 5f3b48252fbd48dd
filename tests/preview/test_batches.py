from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.preview.kit import Preview, error_of, preview


def line(number: int, **body: Any) -> dict[str, Any]:
    return {
        "custom_id": f"c{number}",
        "method": "POST",
        "url": "/v1/videos",
        "body": {"prompt": f"p{number}", **body},
    }


async def start(it: Preview, lines: list[dict[str, Any]] | bytes) -> dict[str, Any]:
    content = lines if isinstance(lines, bytes) else "\n".join(map(json.dumps, lines)).encode()
    file = await it.http.post("/files", data={"purpose": "batch"}, files={"file": ("in.jsonl", content)})
    body = {
        "input_file_id": file.json()["id"],
        "endpoint": "/v1/videos",
        "completion_window": "24h",
        "metadata": {"run": "7"},
    }
    answer = await it.http.post("/batches", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "validating"
    return await settled(it, answer.json()["id"])


async def settled(it: Preview, batch_id: str) -> dict[str, Any]:
    """Let the reading of the lines run to its end, then ask."""
    while True:
        await asyncio.sleep(0)
        batch = dict((await it.http.get(f"/batches/{batch_id}")).json())
        if batch["status"] != "validating":
            return batch


async def rows(it: Preview, file_id: str) -> list[dict[str, Any]]:
    content = (await it.http.get(f"/files/{file_id}/content")).text
    return [json.loads(text) for text in content.splitlines()]


def test_a_batch_ends_with_one_terminal_job_a_line_at_half_the_price(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            batch = await start(it, [line(number, seconds="8") for number in range(1200)])
            batch = await settled(it, batch["id"])
            assert batch["status"] == "completed"
            assert batch["request_counts"] == {"total": 1200, "completed": 1200, "failed": 0}
            assert batch["metadata"] == {"run": "7"}
            assert None not in batch.values() and "error_file_id" not in batch
            out = await rows(it, batch["output_file_id"])
            assert sorted(row["custom_id"] for row in out) == sorted(f"c{n}" for n in range(1200))
            job = out[0]["response"]["body"]
            assert job["status"] == "completed"
            assert job["expires_at"] - job["completed_at"] == 86_400
            assert (await it.http.get(f"/videos/{job['id']}/content")).status_code == 200
            ledger = await it.ledger()
            assert (ledger["count"], ledger["total_usd"]) == (1200, "480.00")

    asyncio.run(run())


def test_lines_that_are_refused_stand_in_the_error_file_and_cost_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            batch = await start(it, [line(1), line(2, seconds="5"), line(3, characters=[{"id": "none"}])])
            assert batch["request_counts"] == {"total": 3, "completed": 1, "failed": 2}
            errors = await rows(it, batch["error_file_id"])
            codes = [(row["custom_id"], row["response"]["status_code"]) for row in errors]
            assert codes == [("c2", 400), ("c3", 404)]
            assert (await it.ledger())["count"] == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"{broken", "invalid_json_line"),
        (json.dumps(line(1) | {"url": "/v1/videos/edits"}).encode(), "invalid_url"),
        (b"\n".join([json.dumps(line(1)).encode()] * 2), "duplicate_custom_id"),
        (b'{"method": "POST"}', "missing_required_parameter"),
    ],
)
def test_a_broken_input_file_fails_the_whole_batch(tmp_path: Path, content: bytes, code: str) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            batch = await start(it, content)
            assert batch["status"] == "failed"
            assert batch["errors"]["data"][0]["code"] == code
            assert (await it.ledger())["count"] == 0

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input_file_id": "none"}, "input_file_id"),
        ({"endpoint": "/v1/videos/edits"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
    ],
)
def test_a_batch_request_is_checked(tmp_path: Path, change: dict[str, str], param: str) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            file = await it.http.post("/files", data={"purpose": "batch"}, files={"file": ("in.jsonl", b"x")})
            body = {
                "input_file_id": file.json()["id"],
                "endpoint": "/v1/videos",
                "completion_window": "24h",
            }
            assert error_of(await it.http.post("/batches", json=body | change))["param"] == param

    asyncio.run(run())


def test_a_cancelled_batch_keeps_what_was_done_and_bills_only_that(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=10) as it:
            batch = await start(it, [line(1), line(2)])
            assert batch["status"] == "in_progress"
            cancelling = (await it.http.post(f"/batches/{batch['id']}/cancel")).json()
            assert cancelling["status"] == "cancelling"
            batch = (await it.http.get(f"/batches/{batch['id']}")).json()
            assert batch["status"] == "cancelled"
            errors = await rows(it, batch["error_file_id"])
            assert [row["error"]["code"] for row in errors] == ["batch_cancelled"] * 2
            assert (await it.ledger())["total_usd"] == "0.00"
            again = await it.http.post(f"/batches/{batch['id']}/cancel")
            assert again.status_code == 409

    asyncio.run(run())


def test_a_batch_that_takes_longer_than_its_window_expires(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=200_000) as it:
            batch = await start(it, [line(1)])
            it.clock.time += 86_401
            batch = (await it.http.get(f"/batches/{batch['id']}")).json()
            assert batch["status"] == "expired"
            assert [row["error"]["code"] for row in await rows(it, batch["error_file_id"])] == [
                "batch_expired"
            ]

    asyncio.run(run())


def test_a_fault_lets_a_batch_expire_half_done(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults({"route": "batch", "do": "batch_expires", "done": 0.5})
            batch = await start(it, [line(number) for number in range(10)])
            batch = await settled(it, batch["id"])
            assert batch["status"] == "expired"
            assert len(await rows(it, batch["output_file_id"])) == 5
            assert len(await rows(it, batch["error_file_id"])) == 5
            assert (await it.ledger())["count"] == 5

    asyncio.run(run())


def test_rules_about_creates_hold_for_the_lines_of_a_batch(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults(
                {"route": "create", "prompt": "p1", "do": "moderated"},
                {"route": "create", "prompt": "p2", "do": "fail_moderated"},
            )
            batch = await start(it, [line(number) for number in (1, 2, 3)])
            batch = await settled(it, batch["id"])
            out = {
                row["custom_id"]: row["response"]["body"] for row in await rows(it, batch["output_file_id"])
            }
            assert out["c2"]["status"] == "failed"
            assert out["c2"]["error"]["code"] == "moderation_blocked"
            assert out["c3"]["status"] == "completed"
            errors = await rows(it, batch["error_file_id"])
            assert errors[0]["response"]["body"]["error"]["code"] == "moderation_blocked"
            assert (await it.ledger())["count"] == 1

    asyncio.run(run())


def test_a_batch_left_in_the_middle_is_read_on_without_making_a_job_twice(tmp_path: Path) -> None:
    async def run() -> None:
        lines = [line(number) for number in range(1200)]
        async with preview(tmp_path) as it:
            content = "\n".join(map(json.dumps, lines)).encode()
            file = await it.http.post(
                "/files", data={"purpose": "batch"}, files={"file": ("in.jsonl", content)}
            )
            body = {
                "input_file_id": file.json()["id"],
                "endpoint": "/v1/videos",
                "completion_window": "24h",
            }
            batch_id = (await it.http.post("/batches", json=body)).json()["id"]
            for _ in range(8):
                # Three turns count the lines, the next ones make 500 jobs each.
                await asyncio.sleep(0)
                if it.server.jobs.batch_counts(batch_id):
                    break
        async with preview(tmp_path) as it:
            assert 0 < sum(it.server.jobs.batch_counts(batch_id).values()) < 1200
            batch = await settled(it, batch_id)
            batch = await settled(it, batch["id"])
            assert batch["request_counts"]["completed"] == 1200
            assert (await it.ledger())["count"] == 1200

    asyncio.run(run())


def test_files_are_listed_by_pages(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            made = []
            for _ in range(3):
                upload = {"file": ("a", b"a")}
                answer = await it.http.post("/files", data={"purpose": "vision"}, files=upload)
                made.append(answer.json()["id"])
            first = (await it.http.get("/files", params={"limit": 2})).json()
            assert (first["first_id"], first["last_id"], first["has_more"]) == (made[2], made[1], True)
            rest = (await it.http.get("/files", params={"after": first["last_id"]})).json()
            assert ([entry["id"] for entry in rest["data"]], rest["has_more"]) == ([made[0]], False)
            oldest = (await it.http.get("/files", params={"order": "asc", "limit": 1})).json()
            assert oldest["last_id"] == made[0]
            none = (await it.http.get("/files", params={"purpose": "batch"})).json()
            assert (none["data"], none["first_id"], none["last_id"]) == ([], None, None)
            assert (await it.http.get("/files", params={"limit": "x"})).status_code == 400

    asyncio.run(run())


def test_files_are_kept_listed_read_and_deleted(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            made = (
                await it.http.post("/files", data={"purpose": "user_data"}, files={"file": ("a.bin", b"abc")})
            ).json()
            assert (made["bytes"], made["filename"], made["purpose"]) == (3, "a.bin", "user_data")
            assert (await it.http.get(f"/files/{made['id']}")).json() == made
            assert (await it.http.get(f"/files/{made['id']}/content")).content == b"abc"
            assert None not in made.values()
            ends = {"first_id": made["id"], "last_id": made["id"], "has_more": False}
            assert (await it.http.get("/files")).json() == {"object": "list", "data": [made], **ends}
            assert (await it.http.delete(f"/files/{made['id']}")).json()["deleted"] is True
            assert (await it.http.get(f"/files/{made['id']}")).status_code == 404
            wrong = await it.http.post("/files", data={"purpose": "x"}, files={"file": ("a", b"a")})
            assert error_of(wrong)["param"] == "purpose"

    asyncio.run(run())
