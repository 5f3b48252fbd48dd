"""What a job says held against requests, where the client takes the key out of a server's words."""

from __future__ import annotations

from sorasync.provider.redact import HIDDEN
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.match_job import Wanted, compare_job, request_signature, requests_matching

NIGHT = Wanted("A lighthouse at night.", "sora-2", "1280x720", 4.0)
NOON = Wanted("A boathouse at noon.", "sora-2", "1280x720", 4.0)


def said(prompt: str, seconds: float = 4.0) -> Job:
    return Job("v1", JobStatus.COMPLETED, prompt=prompt, model="sora-2", size="1280x720", seconds=seconds)


def test_a_prompt_with_the_key_taken_out_is_the_one_that_was_sent() -> None:
    job = said(f"A {HIDDEN} at night.")
    assert compare_job(NIGHT, job).same
    assert [field.name for field in compare_job(NOON, job).differs] == ["prompt"]


def test_a_job_is_asked_for_by_every_request_that_its_words_may_be() -> None:
    night, noon = request_signature(NIGHT), request_signature(NOON)
    assert requests_matching(said("A lighthouse at night."), [night, noon]) == [night]
    assert requests_matching(said(f"A {HIDDEN} at night."), [night, noon]) == [night]
    assert requests_matching(said(f"A {HIDDEN} at n{HIDDEN}."), [night, noon]) == [night, noon]
    assert requests_matching(said(f"A {HIDDEN} at night.", 8.0), [night, noon]) == []
