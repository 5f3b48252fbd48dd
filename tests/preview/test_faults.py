from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorasync.errors import SorasyncError
from sorasync.preview.faults.choose import Faults
from sorasync.preview.faults.rule import FaultPlan, load_plan
from tests.preview.kit import Preview, error_of, preview


@pytest.mark.parametrize(
    ("do", "status", "code"),
    [
        ("rate_limit", 429, "rate_limit_exceeded"),
        ("slow_down", 429, "slow_down"),
        ("quota", 429, "insufficient_quota"),
        ("overloaded", 503, "server_is_overloaded"),
        ("error", 500, None),
        ("unauthorized", 401, "invalid_api_key"),
        ("not_found", 404, None),
        ("not_allowed", 405, None),
        ("moderated", 400, "moderation_blocked"),
    ],
)
def test_a_refusal_comes_in_place_of_the_request(
    tmp_path: Path, do: str, status: int, code: str | None
) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults({"route": "create", "nth": 2, "do": do})
            answers = [await it.http.post("/videos", json={"prompt": "x"}) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, status, 200]
            assert error_of(answers[1])["code"] == code
            assert (await it.ledger())["count"] == 2

    asyncio.run(run())


def test_any_status_code_message_and_header_can_be_asked_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            rule = {"do": "status", "status": 409, "code": "busy", "message": "no", "headers": {"x-a": "b"}}
            await it.faults(rule)
            answer = await it.http.get("/videos")
            assert (answer.status_code, answer.headers["x-a"]) == (409, "b")
            assert (error_of(answer)["code"], error_of(answer)["message"]) == ("busy", "no")

    asyncio.run(run())


def test_a_429_says_how_long_to_wait_in_each_form(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:

            async def headers(form: str, seconds: float) -> httpx.Headers:
                await it.faults({"do": "rate_limit", "form": form, "retry_after": seconds})
                return (await it.http.get("/videos")).headers

            assert (await headers("seconds", 3))["retry-after"] == "3"
            date = parsedate_to_datetime((await headers("date", 30))["retry-after"])
            assert date.timestamp() == it.clock.time + 30
            assert (await headers("ms", 1.5))["retry-after-ms"] == "1500"
            assert (await headers("reset", 0.35))["x-ratelimit-reset-requests"] == "350ms"
            assert (await headers("reset", 90))["x-ratelimit-reset-requests"] == "1m30s"
            assert "retry-after" not in await headers("none", 3)

    asyncio.run(run())


def test_a_connection_cut_before_the_request_leaves_no_job(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults({"route": "create", "do": "cut_before"})
            with pytest.raises(httpx.RemoteProtocolError):
                await it.create()
            assert (await it.http.get("/videos")).json()["data"] == []
            assert (await it.ledger())["count"] == 0

    asyncio.run(run())


def test_a_connection_cut_after_the_request_leaves_a_billed_job(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults({"route": "create", "do": "cut_after", "count": 1})
            with pytest.raises(httpx.RemoteProtocolError):
                await it.create("lost")
            await it.create("kept")
            prompts = [job["prompt"] for job in (await it.http.get("/videos")).json()["data"]]
            assert prompts == ["kept", "lost"]
            assert (await it.ledger())["count"] == 2

    asyncio.run(run())


def test_a_gateway_that_resends_makes_two_paid_jobs(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults({"route": "create", "do": "duplicate", "times": 3})
            await it.create()
            assert len((await it.http.get("/videos")).json()["data"]) == 3
            assert (await it.ledger())["total_usd"] == "1.20"

    asyncio.run(run())


async def download(it: Preview, rule: dict[str, Any], variant: str = "video") -> httpx.Response:
    await it.faults()
    job = await it.completed()
    await it.faults({"route": "content", **rule})
    return await it.http.get(f"/videos/{job['id']}/content", params={"variant": variant})


def test_a_download_can_be_spoiled_in_every_way(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            whole = await download(it, {"nth": 99, "do": "empty"})
            size = len(whole.content)
            with pytest.raises(httpx.ReadError):
                await download(it, {"do": "cut_body"})
            short = await download(it, {"do": "truncate", "at": 0.25})
            assert len(short.content) == size // 4 == int(short.headers["content-length"])
            assert (await download(it, {"do": "empty"})).content == b""
            wrong = await download(it, {"do": "wrong_length", "by": 50})
            assert int(wrong.headers["content-length"]) == size + 50
            kind = await download(it, {"do": "content_type", "type": "text/plain"})
            assert (kind.headers["content-type"], len(kind.content)) == ("text/plain", size)
            assert (await download(it, {"do": "html"})).content.startswith(b"<html>")
            mp4 = await download(it, {"do": "mp4_for_thumbnail"}, "thumbnail")
            assert mp4.headers["content-type"] == "video/mp4"
            gone = await download(it, {"do": "expire"})
            assert error_of(gone)["code"] == "asset_expired"
            before = it.clock.time
            slow = await download(it, {"do": "slow", "chunk": 1000, "delay": 2})
            assert len(slow.content) == size
            assert it.clock.time - before == 2 * -(-size // 1000)

    asyncio.run(run())


def test_an_asset_that_expired_stays_expired(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            job = await it.completed()
            await it.faults({"route": "content", "nth": 1, "do": "expire"})
            codes = [(await it.http.get(f"/videos/{job['id']}/content")).status_code for _ in range(2)]
            assert codes == [404, 404]

    asyncio.run(run())


def test_a_stuck_job_waits_for_that_many_polls_or_for_ever(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults(
                {"route": "create", "nth": 1, "do": "stuck", "polls": 3},
                {"route": "create", "nth": 2, "do": "stuck"},
            )
            some, ever = await it.create(), await it.create()
            seen = [(await it.get(some["id"]))["status"] for _ in range(4)]
            assert seen == ["queued"] * 3 + ["completed"]
            assert {(await it.get(ever["id"]))["status"] for _ in range(20)} == {"queued"}

    asyncio.run(run())


@pytest.mark.parametrize(
    ("rule", "code", "count"),
    [
        ({"do": "fail_moderated"}, "moderation_blocked", 0),
        ({"do": "fail_moderated", "billed": True}, "moderation_blocked", 1),
        ({"do": "fail"}, "generation_failed", 0),
        ({"do": "fail", "code": "sentinel_block", "billed": True}, "sentinel_block", 1),
    ],
)
def test_a_job_can_fail_at_the_end_and_is_billed_only_when_told(
    tmp_path: Path, rule: dict[str, Any], code: str, count: int
) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=10) as it:
            await it.faults({"route": "create", **rule})
            job = await it.create()
            it.clock.time += 5
            assert (await it.get(job["id"]))["error"] is None
            it.clock.time += 6
            job = await it.get(job["id"])
            assert (job["status"], job["error"]["code"]) == ("failed", code)
            assert (await it.http.get(f"/videos/{job['id']}/content")).status_code == 404
            assert (await it.ledger())["count"] == count

    asyncio.run(run())


def test_a_job_can_be_completed_without_a_video_and_is_billed(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.faults({"route": "create", "do": "no_video"})
            job = await it.completed()
            assert (job["status"], job["error"]["code"]) == ("completed", "moderation_blocked")
            assert (await it.http.get(f"/videos/{job['id']}/content")).status_code == 404
            assert (await it.ledger())["count"] == 1

    asyncio.run(run())


def test_a_job_object_can_lack_fields_jump_back_and_use_unknown_words(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path, render_seconds=10) as it:
            job = await it.create()
            it.clock.time += 8
            await it.faults(
                {"route": "get", "nth": 2, "do": "progress", "value": 7},
                {"route": "get", "nth": 3, "do": "drop_fields"},
                {"route": ["get", "list"], "nth": 4, "do": "status_word", "word": "transcoding"},
            )
            seen = [await it.get(job["id"]) for _ in range(3)]
            assert [shown.get("progress") for shown in seen] == [80, 7, None]
            assert {"id", "status"} <= seen[2].keys()
            assert not {"created_at", "model", "size", "seconds"} & seen[2].keys()
            listed = (await it.http.get("/videos")).json()["data"]
            assert listed[0]["status"] == "transcoding"

    asyncio.run(run())


def test_a_rule_can_look_at_the_prompt_in_every_encoding_and_of_a_job(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            text = 'a "café" at night'
            await it.faults({"route": "create", "prompt": text, "do": "error"})
            for sent in ({"json": {"prompt": text}}, {"data": {"prompt": text}}):
                assert (await it.http.post("/videos", **sent)).status_code == 500  # type: ignore[arg-type]
            form = {"prompt": (None, text)}
            assert (await it.http.post("/videos", files=form)).status_code == 500
            job = await it.create("a bar")
            await it.faults({"route": "get", "prompt": "bar", "do": "error"})
            assert (await it.http.get(f"/videos/{job['id']}")).status_code == 500

    asyncio.run(run())


def test_the_list_can_lag(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            await it.create()
            await it.faults({"route": "list", "nth": 1, "do": "list_lag", "seconds": 10})
            lengths = [len((await it.http.get("/videos")).json()["data"]) for _ in range(2)]
            assert lengths == [0, 1]

    asyncio.run(run())


def test_the_same_seed_gives_the_same_faults() -> None:
    def run(seed: int) -> list[bool]:
        plan = FaultPlan.model_validate(
            {"seed": seed, "rules": [{"route": "create", "probability": 0.5, "do": "error"}]}
        )
        faults = Faults(plan)
        return [bool(faults.fire("create", lambda _text: True)) for _ in range(64)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 16 < sum(run(1)) < 48


def test_a_rule_counts_what_it_matches_and_stops_after_its_count() -> None:
    plan = FaultPlan.model_validate({"rules": [{"route": "*", "every": 3, "count": 2, "do": "error"}]})
    faults = Faults(plan)
    fired = [bool(faults.fire("get", lambda _text: True)) for _ in range(12)]
    assert [number for number, yes in enumerate(fired, start=1) if yes] == [3, 6]
    assert faults.counts()[0] == {"do": "error", "route": "*", "matched": 12, "fired": 2}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plan.toml", 'seed = 3\n[[rules]]\nroute = "get"\nnth = [1, 2]\ndo = "slow_down"\n'),
        ("plan.json", '{"seed": 3, "rules": [{"route": "get", "nth": [1, 2], "do": "slow_down"}]}'),
    ],
)
def test_a_plan_file_is_used_from_the_start(tmp_path: Path, name: str, text: str) -> None:
    async def run() -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")
        async with preview(tmp_path / "data", faults=tmp_path / name) as it:
            job = await it.create()
            codes = [(await it.http.get(f"/videos/{job['id']}")).status_code for _ in range(3)]
            assert codes == [429, 429, 200]
            rules = (await it.http.get("http://preview/preview/faults")).json()
            assert (rules["seed"], rules["rules"][0]["fired"]) == (3, 2)

    asyncio.run(run())


@pytest.mark.parametrize("text", ['[[rules]]\ndo = "sing"', "not toml", '[[rules]]\ndo = "error"\nx = 1'])
def test_a_plan_that_cannot_be_used_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SorasyncError, match=r"plan\.toml"):
        load_plan(path)


def test_a_plan_over_http_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            answer = await it.http.post("http://preview/preview/faults", json={"rules": [{"do": "sing"}]})
            assert answer.status_code == 400

    asyncio.run(run())


def test_only_this_machine_may_ask_the_control_routes(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            app = it.http._transport.app  # type: ignore[attr-defined]
            far = httpx.ASGITransport(app, client=("192.0.2.1", 5))
            async with httpx.AsyncClient(transport=far, base_url="http://preview") as http:
                for path in ("ledger", "requests", "faults"):
                    assert (await http.get(f"/preview/{path}")).status_code == 403
                assert (await http.post("/preview/faults", json={})).status_code == 403
                assert (await http.get("/v1/videos")).status_code == 200

    asyncio.run(run())


def test_every_fault_of_a_plan_is_told_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        'sed = 7\n[[rules]]\nnth = "two"\ndo = "cut_afte"\n[[rules]]\nrout = "content"\nstatus = 200\n'
    )
    with pytest.raises(SorasyncError) as told:
        load_plan(path)
    do, *others = told.value.message.splitlines()[1:]
    assert do.startswith("  rules[1].do should be ")
    assert do.endswith("not 'cut_afte'; did you mean \"cut_after\"?")
    assert others == [
        "  rules[1].nth should be a valid integer, not 'two'",
        "  rules[2].do is missing",
        "  rules[2].status should be greater than or equal to 400, not 200",
        '  rules[2].rout is not a known key; did you mean "route"?',
        '  sed is not a known key; did you mean "seed"?',
    ]
