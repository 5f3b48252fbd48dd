"""Which render has which of the provider's ids. One job is one render, whatever the provider answers."""

from __future__ import annotations

from sorasync.errors import SorasyncError
from sorasync.state.record import Record
from sorasync.state.store import Store


class IdTaken(SorasyncError):
    """The provider answered with the id of another render's job."""

    def __init__(self, remote_id: str, address: str) -> None:
        super().__init__(f"the provider answered with the id of {address} ({remote_id})")


class JobIds:
    """The ids that one provider has given, read from the state once and then kept up with the run.

    For work on the state only.
    """

    def __init__(self, store: Store, provider: str) -> None:
        self._store = store
        self._provider = provider
        self._holders: dict[str, str] | None = None
        # The last parts of ids that are paths, by which answers call such jobs.
        self._ends: frozenset[str] | None = None
        # Which request of this run claimed an id: work that is done again claims it again.
        self._requests: dict[str, tuple[str, float | None]] = {}

    def claim(self, remote_id: str, intent: Record) -> None:
        """Note that a request was answered with the id. Raises `IdTaken`."""
        holders, request = self._known(), (intent.key, intent.intent_at)
        if self._requests.get(remote_id) == request:
            return
        if remote_id in holders:
            raise IdTaken(remote_id, holders[remote_id])
        holders[remote_id], self._requests[remote_id] = intent.address, request
        self._ends = None

    def given(self, named: str) -> bool:
        """Whether the provider has given a job of ours the id that an answer names."""
        holders = self._known()
        if self._ends is None:
            self._ends = frozenset(one.rpartition("/")[2] for one in holders if "/" in one)
        return named in holders or named in self._ends

    def _known(self) -> dict[str, str]:
        if self._holders is None:
            self._holders = self._store.jobs_at(self._provider)
        return self._holders
