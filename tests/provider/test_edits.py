"""An edit's route comes in three forms; which one a host has is found out once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sorasync.provider.errors import InvalidRequest, NotFound, NotSupported, OutcomeUnknown
from sorasync.provider.wire import EditRequest, Job, Source
from tests.provider.fakes import FakeHost, client, job, reply

FLAT, NESTED, REMIX = "/v1/videos/edits", "/v1/videos/video_1/edits", "/v1/videos/video_1/remix"
REQUEST = EditRequest(Source("video_1", model="sora-2"), "Now at night.")


def host_with(*routes: str, missing: int = 404) -> FakeHost:
    """A host that has these POST routes, and holds the job `video_1`."""
    return FakeHost(
        lambda seen: (
            reply(200, job("completed")) if seen.path in (*routes, "/v1/videos/video_1") else reply(missing)
        )
    )


def posts(host: FakeHost) -> Sequence[str]:
    return [seen.path for seen in host.seen if seen.method == "POST"]


async def twice(host: FakeHost) -> tuple[Job, Job]:
    speaker = client(host)
    return await speaker.edit(REQUEST), await speaker.edit(REQUEST)


@pytest.mark.parametrize("missing", [404, 405])
@pytest.mark.parametrize(
    ("routes", "tried"),
    [
        ((FLAT, NESTED), [FLAT, FLAT]),
        ((NESTED,), [FLAT, NESTED, NESTED]),
        ((REMIX,), [FLAT, NESTED, REMIX, REMIX]),
    ],
)
def test_the_form_is_found_once_and_remembered(
    routes: tuple[str, ...], tried: list[str], missing: int
) -> None:
    host = host_with(*routes, missing=missing)
    asyncio.run(twice(host))
    assert posts(host) == tried


def test_each_form_says_what_it_has_to() -> None:
    host = host_with(REMIX)
    asyncio.run(client(host).edit(REQUEST))
    assert [seen.json for seen in host.seen] == [
        {"prompt": "Now at night.", "video": {"id": "video_1"}},
        {"prompt": "Now at night."},
        {"prompt": "Now at night."},
    ]


def test_a_host_without_any_form_does_not_support_edits() -> None:
    for missing in (404, 405):
        with pytest.raises(NotSupported):
            asyncio.run(client(host_with(missing=missing)).edit(REQUEST))


def test_a_source_that_is_gone_is_not_taken_for_a_missing_route() -> None:
    host = FakeHost(lambda seen: reply(404, {"detail": "Not Found"}))
    with pytest.raises(NotFound):
        asyncio.run(client(host).edit(REQUEST))


def test_a_code_that_names_the_id_needs_no_further_question() -> None:
    body = {"error": {"message": "no such video", "code": "video_not_found"}}
    host = FakeHost(lambda seen: reply(404, body))
    with pytest.raises(NotFound):
        asyncio.run(client(host).edit(REQUEST))
    assert all(seen.method == "POST" for seen in host.seen)


def test_a_404_on_a_form_that_has_worked_means_the_source() -> None:
    answers = {"gone": False}

    def answering(seen: object) -> object:
        return reply(404, {"detail": "Not Found"}) if answers["gone"] else reply(200, job("queued"))

    host = FakeHost(answering)  # type: ignore[arg-type]
    speaker = client(host)

    async def go() -> None:
        await speaker.edit(REQUEST)
        answers["gone"] = True
        await speaker.edit(REQUEST)

    with pytest.raises(NotFound):
        asyncio.run(go())
    assert posts(host) == [FLAT, FLAT]


@pytest.mark.parametrize(("status", "kind"), [(400, InvalidRequest), (500, OutcomeUnknown)])
def test_no_other_form_is_tried_after_an_answer_that_is_not_about_the_route(status: int, kind: type) -> None:
    host = FakeHost(lambda seen: reply(status, {"detail": "x"}))
    with pytest.raises(kind):
        asyncio.run(client(host).edit(REQUEST))
    assert posts(host) == [FLAT]


def test_an_id_with_odd_characters_is_encoded_in_a_nested_form() -> None:
    host = FakeHost(lambda seen: reply(200, job()) if "%3A" in seen.path else reply(405))
    asyncio.run(client(host).edit(EditRequest(Source("openai:v/1="), "x")))
    assert host.seen[-1].path == "/v1/videos/openai%3Av%2F1%3D/edits"
