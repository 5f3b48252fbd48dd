"""Whose job is this? How a job of the provider compares with a request. Pure.

Everything that looks for the job of a request uses this comparison and this rule about age: lost answers,
open questions, imports, and rebuilding a state.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sorasync.clock import CLOCK_ALLOWANCE
from sorasync.graph.key import digest, folded
from sorasync.plan.change import FieldChange
from sorasync.provider.redact import HIDDEN, same_words
from sorasync.state.rows import fields_of

if TYPE_CHECKING:
    from sorasync.provider.wire import Job
    from sorasync.state.record import Record


# What stands for the prompt of a row where it is shown.
ROW_WORDS: Final = "(the prompt of the row)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asked for; None is not compared, nor is an empty prompt without a digest.

    `seconds` is the whole length, `part` that of what is made where it differs: hosts report either.
    `prompt_sha256` stands for the prompt of a row, which is kept nowhere.
    """

    prompt: str
    model: str | None
    size: str | None
    seconds: float | None
    part: float | None = None
    prompt_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class JobComparison:
    """`differs` are fields with our value and the job's, `silent` those that the job does not report."""

    differs: tuple[FieldChange, ...]
    silent: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing that the job reports differs."""
        return not self.differs


def compare_job(wanted: Wanted, job: Job) -> JobComparison:
    """Compare a request with a job."""
    differs, silent = [], []
    for name in ("prompt", "model", "size", "seconds"):
        ours, theirs = getattr(wanted, name), getattr(job, name)
        if name == "prompt" and not ours and wanted.prompt_sha256 is not None:
            ours = ROW_WORDS
            if theirs is None or HIDDEN in theirs:
                silent.append(name)
            elif digest(folded(theirs)) != wanted.prompt_sha256:
                differs.append(FieldChange(name, ours, theirs))
        elif theirs is None:
            silent.append(name)
        elif ours and not _equal(name, ours, theirs) and not (name == "seconds" and theirs == wanted.part):
            differs.append(FieldChange(name, ours, theirs))
    return JobComparison(tuple(differs), tuple(silent))


def is_older(job: Job, sent_at: float) -> bool:
    """Whether a job was made before a request was sent (Unix seconds), as far as clocks can tell."""
    return job.created_at is not None and job.created_at < sent_at - CLOCK_ALLOWANCE


def wanted_by(record: Record, words: str = "") -> Wanted:
    """What a record's request asked for; `words` is its prompt where the record has none of a row."""
    sent = fields_of(record.request).get("prompt")
    row = None if sent else fields_of(record.inputs).get("prompt_sha256")
    return Wanted(
        str(sent or words),
        record.model,
        record.size,
        record.seconds,
        record.billed_seconds,
        None if row is None else str(row),
    )


def is_another_prompt(said: str, prompt: str) -> bool:
    """Whether a server says another prompt than ours, and not ours cut short or with something added."""
    theirs, ours = folded(said), folded(prompt)
    return not same_words(theirs, ours) and not _may_be_cut_short(theirs, ours)


def _may_be_cut_short(said: str, prompt: str) -> bool:
    """Whether a server may have cut a prompt short, or added to it."""
    short, long = sorted((said, prompt), key=len)
    return len(short) >= _TELLING and long.startswith(short.rstrip("….").rstrip())


# Least characters that two prompts must share for one to count as the other, cut short.
_TELLING = 40


def is_about_another(job: Job, prompt: str) -> bool:
    """Whether an answer about a job is that of another one: it names another id, and another prompt.

    The id alone says nothing: LiteLLM 1.106.2 gives a job another one when it is asked for. `JobIds` knows
    whether it is that of another render.
    """
    if job.named is None or job.prompt is None or not prompt or _alike(job.named, job.id):
        return False
    return is_another_prompt(job.prompt, prompt)


_WORD = re.compile(r"[^\W_]+")


def _alike(named: str, asked: str) -> bool:
    """Whether two ids may be forms of one: with more around it, or with other signs between its parts."""
    ours, theirs = (_WORD.findall(one.lower()) for one in (asked, named))
    if "".join(ours) == "".join(theirs):
        return True
    short, long = sorted((f"/{'/'.join(words)}/" for words in (ours, theirs)), key=len)
    return short in long


def _equal(name: str, ours: object, theirs: object) -> bool:
    if name == "prompt":
        return same_words(folded(str(theirs)), folded(str(ours)))
    return ours == theirs


def request_signature(wanted: Wanted) -> tuple[object, ...]:
    """What two requests must have in common so that either may claim the other's job."""
    return folded(wanted.prompt), wanted.model, wanted.size, wanted.seconds


def job_signature(job: Job) -> tuple[object, ...] | None:
    """The signature that a job reports; None if a field is missing."""
    if job.prompt is None or job.model is None or job.size is None or job.seconds is None:
        return None
    return folded(job.prompt), job.model, job.size, job.seconds


def requests_matching(job: Job, requests: Collection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The request signatures that a job matches.

    There are several only if the client removed an API key from the job's prompt.
    """
    said = job_signature(job)
    if said is None:
        return []
    words = str(said[0])
    if HIDDEN not in words:
        return [said] if said in requests else []
    return [one for one in requests if one[1:] == said[1:] and same_words(words, str(one[0]))]
