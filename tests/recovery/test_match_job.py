"""What a job says held against requests, where the client takes the key out of a server's words."""

from __future__ import annotations

from sorasync.graph.key import canonical, digest, folded
from sorasync.provider.redact import HIDDEN
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.lost_answers import Evidence, Verdict, findings
from sorasync.recovery.match_job import Wanted, compare_job, request_signature, requests_matching
from sorasync.state.record import Status
from tests.state.making import a_record

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


def test_a_row_that_nobody_wants_any_more_may_have_any_job_whose_prompt_may_be_cut_short() -> None:
    sent = "A hand puts a letter to Ada on a desk in Lisbon, in the morning light."
    inputs = canonical({"kind": "create", "prompt": "", "prompt_sha256": digest(folded(sent))})
    record = a_record(
        inputs=inputs, request='{"prompt": null}', status=Status.UNKNOWN, intent_at=1000.0, seconds=8.0
    )
    job = Job("v1", JobStatus.QUEUED, 0, "sora-2", sent[:50], "1280x720", 8, created_at=1001)
    evidence = Evidence([job], complete=True, prompts=True, settled_before=2000.0)
    (found,) = findings([record], evidence, ())
    assert (found.verdict, found.candidates) == (Verdict.ASK, (job,))
    (told,) = findings([record], evidence, (), words={record.key: sent})
    assert told.verdict is Verdict.ASK
    (other,) = findings([record], evidence, (), words={record.key: "A boat on the sea, far away from here."})
    assert other.verdict is Verdict.RESEND
