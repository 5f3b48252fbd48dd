"""Finds out what became of requests whose answer was lost.

The provider's list since the intent is held against the request: prompt, model, size and length. Requests
that are the same in all of these (takes of one prompt) may claim any of the jobs that match, so what counts
is whether there are more matching jobs than open requests. A job that another record holds is never
claimed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sorasync.graph.key import folded
from sorasync.provider.wire import Job
from sorasync.state.record import Record

CLOCK_SKEW = 120.0
"""Seconds by which a provider's clock may be behind ours: jobs that old still count as since the intent."""


class Verdict(StrEnum):
    """What to do about a lost answer."""

    ADOPT = "adopt"
    RESEND = "resend"
    ASK = "ask"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict for one record: `job` to adopt, or the `candidates` to ask about."""

    key: str
    verdict: Verdict
    job: Job | None = None
    candidates: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the provider's list can prove.

    `complete`: a job that is not listed was never made. `prompts`: jobs say their prompt. `settled_before`
    is the newest intent (Unix seconds) whose job must have appeared by now.
    """

    jobs: Sequence[Job]
    complete: bool
    prompts: bool
    settled_before: float


def findings(
    records: Iterable[Record], evidence: Evidence, held: frozenset[str], sending: Iterable[Record] = ()
) -> list[Finding]:
    """A verdict for every open record. Pure.

    `held` are the remote ids that records hold already; `sending` are records whose request is on its way
    at this moment: a job that looks like theirs may be theirs, so nothing is decided until they are known.
    """
    busy = {_signature(record) for record in sending}
    groups: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for record in records:
        groups[_signature(record)].append(record)
    result = []
    for signature, group in groups.items():
        if signature in busy:
            result += [Finding(record.key, Verdict.WAIT) for record in group]
            continue
        group.sort(key=lambda record: (record.intent_at or 0.0, record.key))
        since = min(record.intent_at or 0.0 for record in group) - CLOCK_SKEW
        jobs = [
            job
            for job in evidence.jobs
            if job.id not in held and (job.created_at or since) >= since and _matches(job, signature)
        ]
        jobs.sort(key=lambda job: (job.created_at or 0.0, job.id))
        result += _settle(group, jobs, evidence)
    return result


def _settle(group: list[Record], jobs: list[Job], evidence: Evidence) -> list[Finding]:
    if not evidence.prompts and jobs:
        return [Finding(record.key, Verdict.ASK, candidates=tuple(jobs)) for record in group]
    if len(jobs) > len(group):
        return [Finding(record.key, Verdict.ASK, candidates=tuple(jobs)) for record in group]
    found = [Finding(record.key, Verdict.ADOPT, job) for record, job in zip(group, jobs, strict=False)]
    for record in group[len(jobs) :]:
        if not evidence.complete:
            verdict = Verdict.ASK
        elif (record.intent_at or 0.0) > evidence.settled_before:
            verdict = Verdict.WAIT
        else:
            verdict = Verdict.RESEND
        found.append(Finding(record.key, verdict))
    return found


def _signature(record: Record) -> tuple[object, ...]:
    prompt = str(json.loads(record.request).get("prompt", ""))
    return (folded(prompt), record.model, record.size, record.seconds)


def _matches(job: Job, signature: tuple[object, ...]) -> bool:
    """Whether nothing that the job says of itself speaks against the request."""
    prompt, model, size, seconds = signature
    return (
        (job.prompt is None or folded(job.prompt) == prompt)
        and (job.model is None or model is None or job.model == model)
        and (job.size is None or size is None or job.size == size)
        and (job.seconds is None or seconds is None or job.seconds == seconds)
    )
