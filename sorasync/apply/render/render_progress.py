"""Shows the progress of renders, and writes it to the state now and then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.plan.change import Change
from sorasync.provider.wire import Job

# Progress is written to the state in steps of this many percent.
_STEP = 5


@dataclass
class RenderProgress:
    """The progress of every render of a run that is followed."""

    context: Context
    _written: dict[str, int] = field(default_factory=dict)
    _unwritten: dict[str, int] = field(default_factory=dict)
    _odd_words: set[str] = field(default_factory=set)

    def seen(self, change: Change, job: Job) -> None:
        """Show a polled job's progress, and report an unknown state word once."""
        if job.word is not None and job.word not in self._odd_words:
            self._odd_words.add(job.word)
            name = self.context.profile.name
            self.context.notice(f'{name} reports the unknown state "{job.word}": still waiting')
        if abs(self._written.get(change.key, 0) - job.progress) >= _STEP:
            self._written[change.key] = job.progress
            if not self._unwritten:
                asyncio.get_running_loop().call_soon(self._write)
            self._unwritten[change.key] = job.progress
        self.context.tell(change, Moment.RENDERING, progress=job.progress)

    def _write(self) -> None:
        """Write all progress of one poll at once. The apply does not need it, only people do."""
        unwritten, self._unwritten = self._unwritten, {}
        self.context.commits.later(lambda: self.context.store.set_progress(unwritten))
