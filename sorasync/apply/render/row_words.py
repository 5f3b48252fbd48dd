"""What is kept of a row: digests, and nothing that its host says, which may quote it."""

from __future__ import annotations

import traceback

from sorasync.graph.render import Render
from sorasync.plan.change import Change
from sorasync.provider.errors import ProviderError
from sorasync.provider.wire import Job, JobError
from sorasync.state.record import Record
from sorasync.state.rows import fields_of


def told(render: Render) -> dict[str, object]:
    """What a record tells of a request beyond the inputs: of a row nothing, they hold its digests."""
    return {} if render.private else {"prompt": render.prompt, "file": render.file}


def of_a_row(record: Record) -> bool:
    """Whether a record is that of a row."""
    return "prompt_sha256" in fields_of(record.inputs)


def ended_without(job: Job, record: Record) -> ProviderError:
    """The error of a record's job that ended without a video, as it may be recorded."""
    state = job.status.value
    return error_of(job.error or JobError(state, f"the provider reports {state}", ours=True), record)


def error_of(said: JobError, record: Record) -> ProviderError:
    """The same of a record that may have no job; as a rule all of it is in the words of its host."""
    error = ProviderError(said.message, code=said.code, quotes="" if said.ours else said.message)
    if of_a_row(record):
        error.withhold()
    return error


def withhold(change: Change, error: BaseException) -> None:
    """Take out of an error what its host said, if that may quote a row."""
    if change.render is not None and change.render.private and isinstance(error, ProviderError):
        error.withhold()


def withheld(error: Exception) -> str:
    """What `withhold` took out of an error."""
    return error.withheld if isinstance(error, ProviderError) else ""


def traced(change: Change, error: Exception) -> str:
    """The trace of an exception for the log; without its message where that may quote a row."""
    if change.render is not None and change.render.private:
        lines = [*traceback.format_tb(error.__traceback__), type(error).__name__]
    else:
        lines = traceback.format_exception(error)
    return "".join(lines)[-4000:]
