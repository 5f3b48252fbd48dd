"""What a list proves about requests whose answer was lost. No clock, no network."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sorasync.graph.key import canonical, digest
from sorasync.provider.redact import hide
from sorasync.provider.wire import Job, JobStatus
from sorasync.recovery.lost_answers import Evidence, MatchFinding, Verdict, findings
from sorasync.state.record import Record, Status

NOW = 1_800_000_000.0
PROMPT = "Mossy weaves through a lantern-lit market in Lisbon at dusk."


def asked(take: int = 1, prompt: str = PROMPT, *, source_id: str | None = None, **inputs: object) -> Record:
    """An open record."""
    text = canonical({"kind": "create", "prompt": prompt, "take": take} | inputs)
    request = {"prompt": prompt} | ({"source_id": source_id} if source_id else {})
    return Record(
        key=digest(text),
        kind="create",
        status=Status.UNKNOWN,
        address=f"clip.a#{take}",
        inputs=text,
        request=json.dumps(request),
        model="sora-2",
        size="1280x720",
        seconds=8.0,
        billed_seconds=4.0,
        intent_at=NOW,
    )


def job(name: str = "video_1", **said: object) -> Job:
    """A job that fits `asked()`."""
    plain = Job(
        name,
        JobStatus.QUEUED,
        prompt=PROMPT,
        model="sora-2",
        size="1280x720",
        seconds=8.0,
        created_at=NOW + 1,
    )
    return replace(plain, **said)  # type: ignore[arg-type]


def seen(*jobs: Job, complete: bool = True, prompts: bool = True, settled: float = NOW + 60) -> Evidence:
    return Evidence(jobs, complete, prompts, settled)


def only(found: list[MatchFinding]) -> MatchFinding:
    assert len(found) == 1
    return found[0]


def verdicts(found: list[MatchFinding]) -> Counter[Verdict]:
    return Counter(finding.verdict for finding in found)


def test_the_one_job_that_fits_is_adopted() -> None:
    found = only(findings([asked()], seen(job(), job("other", prompt="A pier.")), ()))
    assert (found.verdict, found.job) == (Verdict.ADOPT, job())


def test_what_a_job_leaves_unsaid_does_not_speak_against_it() -> None:
    bare = job(model=None, size=None, seconds=None, created_at=None)
    assert only(findings([asked()], seen(bare), ())).verdict is Verdict.ADOPT


def test_a_job_that_another_record_holds_is_never_taken() -> None:
    assert only(findings([asked()], seen(job()), {"video_1"})).verdict is Verdict.RESEND


def test_a_length_may_be_that_of_the_part_or_of_the_whole() -> None:
    for seconds in (4.0, 8.0):
        assert only(findings([asked()], seen(job(seconds=seconds)), ())).verdict is Verdict.ADOPT


def test_a_job_with_the_same_words_that_differs_elsewhere_forbids_sending_again() -> None:
    for differing in (
        {"model": "sora-2-2026-10-06"},
        {"size": "720x1280"},
        {"seconds": 12.0},
        {"prompt": None},
        {"prompt": PROMPT[:45] + "…"},
        {"created_at": NOW - 300},
        {"raw": {"remixed_from_video_id": "a name that nobody knows"}},
    ):
        found = only(findings([asked()], seen(job(**differing)), ()))
        assert found.verdict is Verdict.ASK, differing
        assert [candidate.id for candidate in found.candidates] == ["video_1"]


def test_a_job_that_fits_in_all_but_its_age_is_left_to_a_person_unless_a_younger_one_fits() -> None:
    old, young = job("old", created_at=NOW - 4e8), job("young")
    found = only(findings([asked()], seen(old), ()))
    assert (found.verdict, [one.id for one in found.candidates]) == (Verdict.ASK, ["old"])
    assert only(findings([asked()], seen(old, young), ())).job == young
    assert only(findings([asked()], seen(old, settled=NOW - 60), ())).verdict is Verdict.WAIT


def test_a_job_with_other_words_or_that_is_old_and_differs_says_nothing() -> None:
    for differing in ({"prompt": "A pier."}, {"created_at": NOW - 7200, "size": "720x1280"}):
        assert only(findings([asked()], seen(job(**differing)), ())).verdict is Verdict.RESEND


def test_a_job_is_known_by_its_words_although_the_key_is_one_of_them() -> None:
    prompt = "A cat naps on anything soft, and anything soft naps on a cat."
    said = hide(prompt, "anything")
    found = only(findings([asked(prompt=prompt)], seen(job(prompt=said)), ()))
    assert (said.count("["), found.verdict) == (2, Verdict.ADOPT)
    other = only(findings([asked(prompt="A cat naps.")], seen(job(prompt=said)), ()))
    assert other.verdict is Verdict.RESEND


def test_an_edit_of_a_video_of_ours_is_told_by_its_source() -> None:
    mine, other = asked(source="k1", source_id="video_a"), asked(source="k2", source_id="video_b")
    made = job("new", raw={"remixed_from_video_id": "video_b"})
    found = {f.key: f for f in findings([mine, other], seen(made), {"video_a", "video_b"})}
    assert found[mine.key].verdict is Verdict.RESEND
    assert found[other.key].job == made


def test_different_requests_in_the_same_words_are_left_to_a_person() -> None:
    for jobs in ((job("x"),), (job("x"), job("y"))):
        found = findings([asked(source="k1"), asked(source="k2")], seen(*jobs), ())
        assert verdicts(found) == {Verdict.ASK: 2}


def test_different_requests_in_the_same_words_are_both_sent_again_where_there_is_no_job() -> None:
    found = findings([asked(source="k1"), asked(source="k2")], seen(), ())
    assert verdicts(found) == {Verdict.RESEND: 2}


def test_nothing_is_decided_while_a_request_of_the_same_words_is_on_its_way() -> None:
    on_its_way = replace(asked(2), status=Status.INTENT)
    assert only(findings([asked()], seen(job()), (), [on_its_way])).verdict is Verdict.WAIT
    elsewhere = replace(asked(source="k2"), status=Status.INTENT)
    assert only(findings([asked()], seen(job()), (), [elsewhere])).verdict is Verdict.WAIT
    assert only(findings([asked()], seen(), (), [elsewhere])).verdict is Verdict.RESEND


def test_without_a_job_it_is_waited_until_the_list_has_settled() -> None:
    record = asked()
    early = seen(settled=NOW - 1)
    assert only(findings([record], early, ())).verdict is Verdict.WAIT
    late = seen(settled=NOW + 60)
    assert only(findings([record], late, (), left={record.key: NOW + 100})).verdict is Verdict.WAIT
    assert only(findings([record], late, (), left={record.key: NOW + 50})).verdict is Verdict.RESEND


def test_a_list_that_proves_nothing_leaves_the_question_open() -> None:
    assert only(findings([asked()], seen(complete=False), ())).verdict is Verdict.ASK
    assert only(findings([asked()], seen(job(), prompts=False), ())).verdict is Verdict.ASK


@given(
    takes=st.integers(1, 6),
    arrived=st.integers(0, 6),
    held=st.integers(0, 3),
    strange=st.integers(0, 3),
)
def test_takes_are_given_a_job_each_and_never_more_jobs_than_there_are(
    takes: int, arrived: int, held: int, strange: int
) -> None:
    jobs = [job(f"video_{n}", created_at=NOW + n) for n in range(arrived)]
    others = [job(f"held_{n}") for n in range(held)] + [
        job(f"strange_{n}", prompt=f"Scene {n}.") for n in range(strange)
    ]
    found = findings(
        [asked(take) for take in range(1, takes + 1)],
        seen(*others, *jobs),
        {f"held_{n}" for n in range(held)},
    )
    assert len(found) == takes
    adopted = [finding.job.id for finding in found if finding.job is not None]
    assert len(set(adopted)) == len(adopted)
    assert set(adopted) <= {one.id for one in jobs}
    if arrived > takes:
        assert verdicts(found) == {Verdict.ASK: takes}
    else:
        assert len(adopted) == arrived
        assert verdicts(found)[Verdict.RESEND] == takes - arrived
