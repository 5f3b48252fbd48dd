"""A host's clock that is not ours: its times are reckoned by the Date header of its answers."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.provider.errors import RateLimited
from sorasync.provider.host_time import HostTime
from sorasync.provider.wire import Job, JobStatus
from tests.provider.fakes import FakeClock, FakeHost, client, job, reply

NOW = 1_800_000_000.0


def host_ahead(seconds: float, **said: float) -> FakeHost:
    """A host whose clock is so far ahead of 1.8e9, with one completed job; its times by that clock."""
    times = {name: NOW + seconds + at for name, at in said.items()}
    headers = {"date": formatdate(NOW + seconds, usegmt=True)}
    return FakeHost(
        lambda seen: (
            reply(200, {"data": [job("completed", **times)]}, headers)
            if seen.path.endswith("/videos")
            else reply(200, job("completed", **times), headers)
        )
    )


@pytest.mark.parametrize("ahead", [-7200.0, 720.0, 4e8])
def test_a_jobs_times_are_told_in_the_time_of_this_machine(ahead: float) -> None:
    host = client(host_ahead(ahead, created_at=-60, completed_at=-10, expires_at=3600))
    for found in (asyncio.run(host.get("video_1")), asyncio.run(host.page()).jobs[0]):
        assert found.created_at == pytest.approx(NOW - 60, abs=1)
        assert found.completed_at == pytest.approx(NOW - 10, abs=1)
        assert found.expires_at == pytest.approx(NOW + 3600, abs=1)


def test_clocks_that_agree_leave_times_as_they_are() -> None:
    found = asyncio.run(client(host_ahead(3, created_at=-60)).get("video_1"))
    assert found.created_at == NOW + 3 - 60


@pytest.mark.parametrize("said", [0, 3600, NOW - 100, NOW - 10, "2026-01-01 10:00:00", "0"])
def test_an_expiry_that_is_not_after_the_job_itself_is_none(said: object) -> None:
    found = asyncio.run(
        client(
            FakeHost(
                lambda seen: reply(
                    200,
                    job("completed", created_at=NOW - 100, completed_at=NOW - 10, expires_at=said),
                )
            )
        ).get("video_1")
    )
    assert found.expires_at is None


def test_a_date_to_wait_until_is_one_of_the_hosts_clock() -> None:
    headers = {
        "date": formatdate(NOW + 7200, usegmt=True),
        "retry-after": formatdate(NOW + 7230, usegmt=True),
    }
    clock = FakeClock()
    with pytest.raises(RateLimited):
        asyncio.run(client(FakeHost(lambda seen: reply(429, {}, headers)), clock=clock).get("video_1"))
    assert set(clock.slept) == {30.0}


@given(
    ahead=st.floats(-1e6, 1e6),
    took=st.floats(0, 3600),
    part=st.floats(0, 1),
)
def test_however_long_an_answer_takes_a_clock_that_agrees_is_left_alone(
    ahead: float, took: float, part: float
) -> None:
    time = HostTime()
    time.heard(httpx.Headers({"date": formatdate(NOW + ahead + took * part, usegmt=True)}), NOW, NOW + took)
    assert abs(time.ahead - ahead) <= took + 33
    if ahead == 0:
        assert time.ahead == 0
    plain = Job("a", JobStatus.QUEUED, created_at=NOW)
    assert time.ours(plain).created_at == NOW - time.ahead
