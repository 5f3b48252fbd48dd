"""Open questions and their candidates, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as quoted

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.units import iso, moment
from sorasync.cli.views.plan.plan_json import usd
from sorasync.cli.views.plan.plan_text import diff_text
from sorasync.graph.address import label, owner
from sorasync.operations.project import Project
from sorasync.operations.resolve import Answer, Candidate, Question, Questions, Settled
from sorasync.operations.resolve_batch import BatchQuestion
from sorasync.plan.cost import money
from sorasync.plan.word_diff import shortened, word_diff
from sorasync.state.record import ID_TAKEN, Record
from sorasync.text import counted


def questions_text(found: Questions, project: Project) -> Iterator[str]:
    """A block for each question, its candidates below it, then what to type."""
    if not len(found):
        yield "No open questions."
        return
    if found.busy:
        yield f"An apply is running ({found.busy}): some of these may just be in flight."
        yield ""
    for batch in found.batches:
        yield from _batch(batch, found)
        yield ""
    for question in found.open:
        yield from _block(question, found, project)
        yield ""
    count = len(found)
    yield f"{counted(count, 'open question')}. Nothing was changed."


def _batch(question: BatchQuestion, found: Questions) -> Iterator[str]:
    record, size = question.records[0], counted(len(question.records), "render")
    sent = moment(record.intent_at) if record.intent_at is not None else "at an unknown time"
    others = len(question.records) - 1
    first = _question_label(question.first, found)
    names = first if not others else f"{first} and {counted(others, 'other')}"
    yield f"? {question.name}: {size} sent {sent}, the answer was lost ({question.cost})"
    yield f"    {names}"
    for candidate in question.candidates:
        batch, verdict = candidate.batch, "fits" if candidate.certain else "may fit"
        made = moment(batch.created_at) if batch.created_at is not None else "at an unknown time"
        total = f", {counted(batch.total, 'request')}" if batch.total else ""
        yield f"    {one_line(batch.id)}  {batch.status.value}, made {made}{total}: {verdict}"
    if not question.candidates:
        yield f"    {'the provider lists no batch that fits' if question.sent else _UNSENT}"
    for option in ("--adopt BATCH", "--resend", "--forget"):
        yield f"    sorasync resolve {quoted(question.name)} {option}"


_UNSENT = "it was never sent: the next apply sends it"


def _block(question: Question, found: Questions, project: Project) -> Iterator[str]:
    record = question.record
    name = _question_label(record.address, found)
    sent = moment(record.intent_at) if record.intent_at is not None else "at an unknown time"
    lost = record.error_message if record.error_code == ID_TAKEN else "the answer was lost"
    yield f"? {name}: sent {sent}, {lost} ({money(record.cost_usd)})"
    yield f"    requested: {_what(record.model, record.size, record.seconds)}"
    for candidate in question.candidates:
        yield from _candidate(candidate, question.prompt, project)
    if not question.candidates:
        yield f"    {_none(record, found, project)}"
    kept = record.kind != "still" and _keeps_jobs(record, project)
    for option in ("--adopt ID", "--resend", "--forget") if kept else ("--resend", "--forget"):
        yield f"    sorasync resolve {quoted(name)} {option}"


def _question_label(address: str, found: Questions) -> str:
    return label(address, single=owner(address) not in found.several)


def _none(record: Record, found: Questions, project: Project) -> str:
    if record.kind == "still":
        return "providers keep no stills: it can no longer be downloaded, only paid for again"
    profile = project.hosts.find(record.provider)
    if profile is None:
        return f"sorasync.toml has no host {record.provider} any more: add it back to ask it"
    if not _keeps_jobs(record, project):
        return "the provider keeps no jobs: the video can no longer be downloaded, only paid for again"
    if not found.listed and not (project.hosts.several and profile.can("list")):
        return "the provider has no list of videos: only you can look up what became of it"
    return "the provider lists no unrecorded video made since then"


def _keeps_jobs(record: Record, project: Project) -> bool:
    profile = project.hosts.find(record.provider)
    return profile is not None and profile.routes.get is not None


def _candidate(candidate: Candidate, prompt: str, project: Project) -> Iterator[str]:
    job, alike = candidate.job, candidate.likeness
    made = moment(job.created_at) if job.created_at is not None else "at an unknown time"
    verdict = "fits" if alike.same and not alike.silent else ""
    verdict = verdict or (
        f"differs in {', '.join(f.name for f in alike.differs)}" if alike.differs else "may fit"
    )
    what = _what(job.model, job.size, job.seconds)
    yield f"    {one_line(job.id)}  {job.status.value}, made {made}, {what}: {verdict}"
    if job.prompt is not None and any(field.name == "prompt" for field in alike.differs):
        yield f"        prompt: {diff_text(shortened(word_diff(prompt, one_line(job.prompt))))}"
    if candidate.thumbnail is not None:
        path = candidate.thumbnail
        shown = path.relative_to(project.root) if path.is_relative_to(project.root) else path
        yield f"        picture: {shown}"


def _what(model: str | None, size: str | None, seconds: float | None) -> str:
    length = f"{seconds:g} s" if seconds is not None else None
    return one_line(" ".join(part for part in (length, size, model) if part) or "no details")


def questions_json(found: Questions) -> dict[str, object]:
    """The questions as plain data."""
    return {
        "format_version": 1,
        "listed": found.listed,
        "busy": found.busy,
        "batches": [_batch_json(batch) for batch in found.batches],
        "questions": [_question_json(question) for question in found.open],
    }


def _batch_json(question: BatchQuestion) -> dict[str, object]:
    cost = question.cost
    return {
        "name": question.name,
        "addresses": [record.address for record in question.records],
        "sent": question.sent,
        "sent_at": iso(question.records[0].intent_at),
        "cost_usd": None if cost.unknown else usd(cost.known_usd),
        "candidates": [
            {
                "id": one.batch.id,
                "status": one.batch.status.value,
                "created_at": iso(one.batch.created_at),
                "requests": one.batch.total or None,
                "certain": one.certain,
            }
            for one in question.candidates
        ],
    }


def settled_text(found: Settled) -> str:
    """What an answer leads to."""
    renders = counted(len(found.records), "render")
    adopted = f"{found.remote_id} ({found.status})"
    match found.answer, found.batch:
        case Answer.ADOPT, False:
            return f"{found.address} is {adopted}: the next apply follows and downloads it."
        case Answer.ADOPT, True:
            return f"The {renders} are in {adopted}: the next apply reads its results."
        case Answer.RESEND, False:
            return f"{found.address} never arrived: {_again(found, 'it', 'does not render it')}."
        case Answer.RESEND, True:
            return f"The batch never arrived: {_again(found, f'its {renders}', 'renders none of it')}."
        case _, True:
            return f"The {renders} are forgotten; the next plan renders again what is still declared."
    return f"{found.address} is forgotten; if it is still declared, the next plan renders it again."


def _again(found: Settled, what: str, nothing: str) -> str:
    """What the next apply sends again, and for what price."""
    again = found.again
    if again is None:
        return f"the next apply sends {what} again, at the price in its plan"
    if not again.renders:
        return f"the next plan {nothing}"
    batch = "" if again.by_batch is None or not found.batch else f", or {again.by_batch} with --batch"
    if again.renders < len(found.records):
        return f"of {what} the next apply sends {again.renders} again, for {again.cost}{batch}"
    return f"the next apply sends {what} again, for {again.cost}{batch}"


def settled_json(found: Settled) -> dict[str, object]:
    """The same as plain data."""
    return {
        "format_version": 1,
        "address": found.address,
        "answer": found.answer.value,
        "remote_id": found.remote_id,
    }


def _question_json(question: Question) -> dict[str, object]:
    record = question.record
    return {
        "address": record.address,
        "key": record.key,
        "status": record.status.value,
        "sent_at": iso(record.intent_at),
        "cost_usd": None if record.cost_usd is None else usd(record.cost_usd),
        "prompt": question.prompt,
        "model": record.model,
        "size": record.size,
        "seconds": record.seconds,
        "candidates": [_candidate_json(one, question.prompt) for one in question.candidates],
    }


def _candidate_json(one: Candidate, prompt: str) -> dict[str, object]:
    job = one.job
    words = word_diff(prompt, job.prompt) if job.prompt is not None else []
    return {
        "id": job.id,
        "status": job.status.value,
        "created_at": iso(job.created_at),
        "model": job.model,
        "size": job.size,
        "seconds": job.seconds,
        "differs": [field.name for field in one.likeness.differs],
        "silent": list(one.likeness.silent),
        "prompt_diff": [[piece.op, piece.text] for piece in words],
        "thumbnail": str(one.thumbnail) if one.thumbnail else None,
    }
