"""Matches requests whose answer was lost with the provider's jobs.

The provider's list since the intent is compared with the requests. A job fits a request, may fit it, or does
not. Identical requests (takes of one prompt) may claim any job that fits them, so what counts is whether
there are more such jobs than open requests. A person decides about a job that fits different requests (the
same words for two sources), that only may fit, or that fits in all but its age: ignoring it could pay twice.
A job that another record has is never claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from sorasync.provider.wire import Job
from sorasync.recovery.match_job import Wanted, compare_job, is_another_prompt, is_older, wanted_by
from sorasync.state.record import Record
from sorasync.state.rows import fields_of


class Verdict(StrEnum):
    """What to do about a lost answer."""

    ADOPT = "adopt"
    RESEND = "resend"
    ASK = "ask"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class MatchFinding:
    """The verdict for one record: `job` to adopt, or the `candidates` to ask about."""

    key: str
    verdict: Verdict
    job: Job | None = None
    candidates: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the provider's list can prove.

    `complete`: a job that is not listed does not exist. `prompts`: jobs show their prompt. A request that
    left before `settled_before` (Unix seconds) must be listed by now if it made a job.
    """

    jobs: Sequence[Job]
    complete: bool
    prompts: bool
    settled_before: float


def findings(
    records: Iterable[Record],
    evidence: Evidence,
    held: Iterable[str],
    sending: Iterable[Record] = (),
    left: Mapping[str, float] | None = None,
    words: Mapping[str, str] | None = None,
) -> list[MatchFinding]:
    """A verdict for every open record. Pure.

    `held` are the remote ids that records already have; `sending` are records whose request is on its way
    now: a matching job may be theirs, so nothing is decided until they are answered. `left` says by key when
    a request can last have left this machine, if that is later than its intent; `words` the prompt, which no
    record has of a row.
    """
    # Grouped first: which of several identical takes gets which job does not matter, their number does.
    groups = _groups(records, sending, words or {})
    taken = frozenset(held)
    known = taken.union(job.id for job in evidence.jobs)
    for job in evidence.jobs:
        if job.id not in taken:
            _sort_into_groups(job, groups, evidence, known)
    return [finding for group in groups for finding in _settle_group(group, evidence, left or {})]


class _Fit(IntEnum):
    """How well a job matches a request; `AGED`: in all but its age."""

    NO = 0
    AGED = 1
    DOUBTFUL = 2
    YES = 3


@dataclass
class _Group:
    """Open records of identical requests, with the jobs that may be theirs."""

    wanted: Wanted
    source: str | None
    records: list[Record] = field(default_factory=list)
    busy: bool = False
    waits: bool = False
    since: float = 0.0
    fitting: list[Job] = field(default_factory=list)
    doubtful: list[Job] = field(default_factory=list)
    aged: list[Job] = field(default_factory=list)


def _groups(records: Iterable[Record], sending: Iterable[Record], words: Mapping[str, str]) -> list[_Group]:
    groups: dict[str, _Group] = {}
    open_ones = [(record, False) for record in records]
    for record, busy in open_ones + [(record, True) for record in sending]:
        wanted = wanted_by(record, words.get(record.key, ""))
        group = groups.setdefault(_sent(record), _Group(wanted, _source_id(record)))
        # The same request has the same prompt, whichever of them says it.
        group.wanted = wanted if wanted.prompt else group.wanted
        if busy:
            group.busy = True
        else:
            group.records.append(record)
    for group in groups.values():
        group.since = min((record.intent_at or 0.0 for record in group.records), default=0.0)
    return list(groups.values())


def _sent(record: Record) -> str:
    """What is sent for a record: its inputs without what only distinguishes takes and revisions."""
    inputs = fields_of(record.inputs)
    kept = {name: value for name, value in inputs.items() if name not in _TELLING_APART}
    return json.dumps([record.kind, kept, record.model, record.size, record.seconds], sort_keys=True)


_TELLING_APART = frozenset({"take", "revision", "clip_revision", "superseded"})


def _source_id(record: Record) -> str | None:
    """The provider's id of the video that a step starts from, as it was sent."""
    found = fields_of(record.request).get("source_id")
    return found if isinstance(found, str) else None


def _sort_into_groups(job: Job, groups: list[_Group], evidence: Evidence, known: frozenset[str]) -> None:
    """Add a job to every group that it may belong to."""
    if not evidence.prompts:
        job = replace(job, prompt=None)
    fits = [(group, _fit(job, group, known)) for group in groups]
    sure = [group for group, fit in fits if fit is _Fit.YES]
    # One sure owner settles it: that it may also fit others is no doubt for them.
    if len(sure) == 1:
        sure[0].fitting.append(job)
        return
    claims = sure or [group for group, fit in fits if fit is _Fit.DOUBTFUL]
    unsettled = any(group.busy for group in claims)
    # If a request of a claimant is on its way at this moment, its answer may settle whose the job is: wait.
    for group in claims:
        group.doubtful.append(job)
        group.waits |= unsettled
    # The age alone speaks against it: ask, because resending could pay twice.
    if not claims:
        for group, fit in fits:
            if fit is _Fit.AGED:
                group.aged.append(job)


def _fit(job: Job, group: _Group, known: frozenset[str]) -> _Fit:
    """How well a job matches the request of a group.

    A job whose source is another known video belongs to another request; an unknown source id may be the
    host's own name for the same video.
    """
    compared = compare_job(group.wanted, job)
    differs = {field.name for field in compared.differs}
    # Of a row that nobody wants any more there is only a digest: a host may have cut its prompt short.
    prompt = group.wanted.prompt
    if prompt and job.prompt is not None and is_another_prompt(job.prompt, prompt):
        return _Fit.NO
    source = job.raw.get("remixed_from_video_id") or None
    if source != group.source and source in known:
        return _Fit.NO
    agrees = not differs and "prompt" not in compared.silent and source in (None, group.source)
    if is_older(job, group.since):
        # A clock may have been wrong when the request was sent, and be right by now.
        return _Fit.AGED if agrees else _Fit.NO
    return _Fit.YES if agrees else _Fit.DOUBTFUL


def _settle_group(group: _Group, evidence: Evidence, left: Mapping[str, float]) -> list[MatchFinding]:
    records = sorted(group.records, key=lambda record: (record.intent_at or 0.0, record.key))
    jobs = sorted(group.fitting, key=lambda job: (job.created_at or 0.0, job.id))
    if group.busy or group.waits:
        return [MatchFinding(record.key, Verdict.WAIT) for record in records]
    # More jobs than requests: one of them is somebody else's, and nothing says which.
    if group.doubtful or len(jobs) > len(records):
        candidates = (*jobs, *group.doubtful)
        return [MatchFinding(record.key, Verdict.ASK, candidates=candidates) for record in records]
    # The same order on every machine and in every run, so that a crash in between adopts the same pairs.
    found = [MatchFinding(record.key, Verdict.ADOPT, job) for record, job in zip(records, jobs, strict=False)]
    for record in records[len(jobs) :]:
        # A missing job proves nothing until the list has had time to show it.
        gone_at = max(record.intent_at or 0.0, left.get(record.key, 0.0))
        if gone_at > evidence.settled_before:
            verdict = Verdict.WAIT
        else:
            verdict = Verdict.RESEND if evidence.complete and not group.aged else Verdict.ASK
        found.append(MatchFinding(record.key, verdict, candidates=tuple(group.aged)))
    return found
