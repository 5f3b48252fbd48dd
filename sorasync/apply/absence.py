"""What is done while the provider is busy or cannot be reached: it is waited for, up to the wait limit."""

from __future__ import annotations

from collections.abc import Callable

from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.fetch import FetchLater, fetch
from sorasync.plan.change import Change
from sorasync.provider.errors import NotSent, RateLimited
from sorasync.provider.wire import Job
from sorasync.state.record import Record


def until_it_takes(
    context: Context, change: Change, error: RateLimited | NotSent, pause: float, deadline: float
) -> float:
    """Seconds after which to send a change again. Raises the error where waiting leads nowhere: past the
    deadline (monotonic), or where the provider has not answered in this run.
    """
    if isinstance(error, RateLimited):
        pause, what = error.retry_after or pause, "is busy"
    elif context.reach.met:
        pause, what = context.reach.failed(error), "cannot be reached"
    else:
        raise error
    if context.clock.monotonic() + pause > deadline:
        raise error
    context.tell(change, Moment.WAITING, f"the provider {what}: once more in {pause:.0f} s")
    return pause


async def fetch_when_there(
    context: Context, record: Record, job: Job, recorded: Callable[[], None]
) -> Record:
    """`fetch`, waiting for a provider that cannot be reached. Raises `FetchLater` at the wait limit."""
    deadline = context.clock.monotonic() + context.settings.wait
    while True:
        try:
            stored = await fetch(context, record, job, recorded)
        except NotSent as error:
            pause = context.reach.failed(error)
            if context.clock.monotonic() + pause > deadline:
                raise FetchLater(f"rendered, not fetched yet: {error.message}") from error
        else:
            context.reach.answered()
            return stored
        await context.pause(pause)
        if context.interrupted:
            raise FetchLater("rendered, not fetched yet")
