"""Waits for a provider that is busy or unreachable, up to the wait limit."""

from __future__ import annotations

from sorasync.apply.bind_addresses import BindAddresses
from sorasync.apply.context import Context
from sorasync.apply.render.download_render import FetchLater, fetch
from sorasync.provider.errors import NotSent, RateLimited, Withheld
from sorasync.provider.wire import Job
from sorasync.state.record import Record


def pause_before_resending(
    context: Context, error: RateLimited | NotSent, pause: float, deadline: float
) -> float:
    """Seconds before a change is resent; at least `pause`, whatever the provider asks for.

    Raises `Withheld` where that is past the deadline (monotonic), and the error itself where the provider
    has not answered in this run at all.
    """
    if isinstance(error, RateLimited):
        pause = max(error.retry_after or 0.0, pause)
    elif context.reach.met:
        pause = context.reach.failed(error)
    else:
        raise error
    if context.clock.monotonic() + pause > deadline:
        raise Withheld(f"waits for the provider: {error.message}", hint="sorasync apply sends it") from error
    return pause


async def fetch_when_there(
    context: Context, record: Record, job: Job, recorded: BindAddresses, deadline: float
) -> Record:
    """`fetch`, waiting for a provider that cannot be reached. Raises `FetchLater` at the deadline."""
    while True:
        try:
            stored = await fetch(context, record, job, recorded, deadline)
        except NotSent as error:
            pause = context.reach.failed(error)
            if context.clock.monotonic() + pause > deadline:
                raise FetchLater(f"rendered, not downloaded yet: {error.message}") from error
        else:
            context.reach.answered()
            return stored
        await context.pause(pause)
        if context.interrupted:
            raise FetchLater("rendered, not downloaded yet")
