"""The collaborators and settings that all parts of an apply share at one host."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sorasync.apply.budget import Budget
from sorasync.apply.events import ChangeEvent, Moment, Reporter
from sorasync.apply.group_commit import GroupCommit
from sorasync.apply.race import unless
from sorasync.apply.render.job_ids import JobIds
from sorasync.apply.render.outage import Outage
from sorasync.apply.render.shared_limits import SharedLimits
from sorasync.apply.run_ending import RunEnding
from sorasync.assets.store import AssetStore
from sorasync.clock import Clock
from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.profile.profile import Profile
from sorasync.provider.base import BatchQueue, InFlight, Provider
from sorasync.provider.kept_answers import LARGEST_VIDEO
from sorasync.state.errors import LockLost
from sorasync.state.record import Record
from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class ApplySettings:
    """How an apply behaves. Times are seconds.

    `parallelism` bounds the renders that are started and not stored yet; `downloads` those being fetched.
    `wait` is how long the provider is waited for with one change: while it is busy or away, while it renders
    and until the file is here, all in all. `wait_in_all` bounds the run as a whole; `detach` leaves every
    render pending as soon as it has an id. With `batch`, creates go out as batches where the host takes them.
    `pictures` names the kinds of picture that are
    fetched beside each video. `max_bytes` caps one download. A video that differs by more than
    `tolerance_pct` from what was paid for is a failure with `refuse_mismatch`, else a warning.
    `spares` are files of the library that may hold a video which the store has lost, by its digest.
    `hash_file` gives the SHA-256 of a file of the library; it is called in a thread.
    """

    parallelism: int = 8
    downloads: int = 4
    wait: float = 3600.0
    wait_in_all: float = math.inf
    detach: bool = False
    batch: bool = False
    pictures: tuple[str, ...] = ()
    max_bytes: int = LARGEST_VIDEO
    min_free_bytes: int = 256 << 20
    refuse_mismatch: bool = False
    tolerance_pct: int = 10
    spares: Mapping[str, str] = field(default_factory=dict)
    hash_file: Callable[[str], str] | None = None

    @property
    def longest_wait(self) -> float:
        """The most seconds that one change waits for the provider."""
        return min(self.wait, self.wait_in_all)


@dataclass
class Context:
    """The collaborators at one host, in one apply with its run's number.

    What is not the host's own is shared by the contexts of all hosts of the run. `host` is what the host is
    called where there are several, else empty. `check_lock` raises `LockLost` where the state is locked by
    somebody else by now. `in_flight` caps what runs at the provider and `batches` is its queue, None where it
    has no such thing. `news` may be set when something may have happened at a provider: then it is asked at
    once. `stop` is set when nothing more may be started or sent here.
    """

    root: Path
    store: Store
    provider: Provider
    profile: Profile
    assets: AssetStore
    clock: Clock
    reporter: Reporter
    settings: ApplySettings
    budget: Budget
    run: int
    ending: RunEnding
    # What is asked of the state while the event loop runs.
    commits: GroupCommit
    # That of the state, which tokens of requests are made from.
    lineage: str
    host: str = ""
    in_flight: InFlight | None = None
    batches: BatchQueue | None = None
    # The limits that are kept together with applies on other machines.
    shared: SharedLimits | None = None
    check_lock: Callable[[], None] = lambda: None
    # Who has the keys that this run may not touch, where others apply to the same state.
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    # The model whose clips use a character, by the character's address.
    cast_models: Mapping[str, str] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    # The provider's availability.
    reach: Outage = field(init=False)
    # Which render each of the provider's ids belongs to.
    job_ids: JobIds = field(init=False)
    # Whether a cap of this host kept something from being sent. Requests with a reservation are still sent.
    over_budget: bool = False

    def __post_init__(self) -> None:
        self.reach = Outage(self.clock, self.notice, self.settings.longest_wait)
        self.job_ids = JobIds(self.store, self.provider.name)
        self.ending.stops.append(self.stop)

    def notice(self, text: str) -> None:
        """Tell the user a sentence about this host."""
        self.reporter.notice(f"{self.host}: {text}" if self.host else text)

    async def record(self, key: str) -> Record | None:
        """The record of a key, or None."""
        known = self.store.remembered(key)
        return await self.commits.read(partial(self.store.record, key)) if known is None else known[0]

    @property
    def leaving(self) -> asyncio.Event:
        """Set when nothing may be waited for any more."""
        return self.ending.leaving

    @property
    def interrupted(self) -> bool:
        """Whether the run was told to stop."""
        return self.ending.interrupted

    @property
    def starts_nothing(self) -> bool:
        """Whether no more paid changes are started here."""
        return self.stop.is_set() or self.over_budget or self.ending.over_budget

    def holds_lock(self) -> bool:
        """Whether this run still holds the lock. If not, another run continues: leave."""
        try:
            self.check_lock()
        except LockLost as error:
            self.ending.lose_lock(error)
        return not self.ending.lock_lost

    def halt(self, why: str) -> None:
        """Stop starting and sending here; keep following renders in flight."""
        self.ending.note(why, self.host)
        self.stop.set()

    def spend_nothing_more(self, why: str, *, whole: bool) -> None:
        """Start nothing that is paid for: a cap of this host is reached, or one of the whole library."""
        scope = self.ending if whole else self
        scope.over_budget = True
        self.ending.note(why, "" if whole else self.host)

    def tell(self, change: Change, moment: Moment, detail: str = "", progress: int | None = None) -> None:
        """Report an event of a change."""
        if change.action is Action.DOWNLOAD and moment in (Moment.RENDERING, Moment.RENDERED):
            return
        self.reporter.event(ChangeEvent(change.label, moment, detail, progress))

    async def pause(self, seconds: float) -> None:
        """Sleep until the run is interrupted."""
        await unless(self.leaving, self.clock.sleep(seconds))
