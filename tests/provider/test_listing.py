"""Walking the list without asking for more than is needed."""

from __future__ import annotations

import asyncio

import pytest

from sorasync.profile import load_profile
from sorasync.provider import listing
from sorasync.provider.client import VideosClient
from sorasync.provider.errors import NotSupported, ServerError
from sorasync.provider.listing import jobs_since
from tests.provider.fakes import FakeClock, FakeHost, Seen, client, job, reply, scripted


async def ids(speaker: VideosClient, since: float | None = None, limit: int = 10) -> list[str]:
    return [one.id async for one in jobs_since(speaker, since, limit=limit)]


def host_of(count: int) -> FakeHost:
    """A host with jobs `v0` (newest) to `v<count-1>`, made a second apart before second 1000."""
    jobs = [job(id=f"v{n}", created_at=1000 - n) for n in range(count)]

    def answering(seen: Seen) -> object:
        start = int(seen.query["after"][1:]) + 1 if "after" in seen.query else 0
        data = jobs[start : start + int(seen.query["limit"])]
        more = start + len(data) < len(jobs)
        return reply(
            200,
            {"object": "list", "data": data, "last_id": data[-1]["id"] if data else None, "has_more": more},
        )

    return FakeHost(answering)  # type: ignore[arg-type]


def test_every_job_comes_once_in_pages() -> None:
    host = host_of(25)
    speaker = client(host)
    assert asyncio.run(ids(speaker)) == [f"v{n}" for n in range(25)]
    assert speaker.requests == {"list": 3}
    assert host.seen[0].query == {"limit": "10", "order": "desc"}


def test_paging_stops_at_the_first_page_that_is_too_old() -> None:
    speaker = client(host_of(1000))
    assert asyncio.run(ids(speaker, since=996)) == ["v0", "v1", "v2", "v3", "v4"]
    assert speaker.requests["list"] <= 2


def test_a_server_that_ignores_the_cursor_does_not_keep_us_for_ever() -> None:
    page = {"data": [job(id="a"), job(id="b")], "has_more": True, "last_id": "b"}
    host = FakeHost(lambda seen: reply(200, page))
    assert asyncio.run(ids(client(host))) == ["a", "b"]
    assert len(host.seen) == 2


def test_an_empty_list_is_empty() -> None:
    assert asyncio.run(ids(client(scripted(reply(200, {"data": [], "has_more": True}))))) == []


@pytest.mark.parametrize("status", [404, 405])
def test_a_host_without_the_route_has_no_list(status: int) -> None:
    with pytest.raises(NotSupported):
        asyncio.run(ids(client(scripted(reply(status, {"detail": "x"})))))


def test_a_list_that_wants_a_query_of_its_own_gets_it_on_every_page() -> None:
    host = host_of(3)
    overrides = {"routes": {"list": "/videos?provider=openai"}}
    assert asyncio.run(ids(client(host, load_profile("openai", overrides=overrides)), limit=2)) == [
        "v0",
        "v1",
        "v2",
    ]
    assert [seen.query["provider"] for seen in host.seen] == ["openai", "openai"]
    assert [seen.path for seen in host.seen] == ["/v1/videos", "/v1/videos"]


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 500)

    def answering(seen: Seen) -> object:
        number = int(seen.query.get("after", "v0")[1:]) + 1
        data = [job(id=f"v{number}")]
        return reply(200, {"object": "list", "data": data, "last_id": f"v{number}", "has_more": True})

    host = FakeHost(answering)  # type: ignore[arg-type]
    with pytest.raises(ServerError, match="does not end"):
        asyncio.run(ids(client(host)))
    assert len(host.seen) <= 500


def test_a_list_of_slow_pages_is_given_up_after_minutes() -> None:
    clock = FakeClock()

    def answering(seen: Seen) -> object:
        clock.time += 30
        number = int(seen.query.get("after", "v0")[1:]) + 1
        return reply(200, {"data": [job(id=f"v{number}")], "last_id": f"v{number}", "has_more": True})

    async def walk() -> None:
        async for _ in jobs_since(client(FakeHost(answering)), clock=clock):  # type: ignore[arg-type]
            pass

    with pytest.raises(ServerError, match="does not end"):
        asyncio.run(walk())
