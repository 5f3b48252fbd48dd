"""Which attempts are known: two accounts of one paid request share its job, or its key and second."""

from __future__ import annotations

from collections.abc import Iterable

from sorasync.state.history import Attempt


class KnownAttempts:
    """Known attempts: the key of each, by job and by second."""

    def __init__(self, attempts: Iterable[Attempt] = ()) -> None:
        self._jobs: dict[tuple[str, str], str] = {}
        self._seconds: dict[tuple[str, int], str | None] = {}
        for attempt in attempts:
            self.add_attempt(attempt)

    def add_attempt(self, attempt: Attempt) -> None:
        """Add one attempt."""
        self.add(attempt.key, attempt.at, attempt.provider, attempt.remote_id)

    def add(self, key: str, at: float, provider: str, remote_id: str | None) -> None:
        """Add what identifies an attempt."""
        self._seconds[key, int(at)] = remote_id
        if remote_id is not None:
            self._jobs[provider, remote_id] = key

    def find_attempt(self, attempt: Attempt) -> str | None:
        """The key under which the attempt is known, None if it is unknown."""
        return self.find(attempt.key, attempt.at, attempt.provider, attempt.remote_id)

    def find(self, key: str, at: float, provider: str, remote_id: str | None) -> str | None:
        """The key under which an attempt is known, None if it is unknown."""
        if (job := (provider, remote_id or "")) in self._jobs:
            return self._jobs[job]
        second = (key, int(at))
        same = second in self._seconds and None in (self._seconds[second], remote_id)
        return key if same else None
