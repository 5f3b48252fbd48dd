"""Which database the queues are in: that of the states."""

from __future__ import annotations

from sorasync.errors import SorasyncError
from sorasync.state.postgres_url import is_postgres
from sorasync.state.queue_schema import require_queue_packages


def database_of(url: str) -> str:
    """The URL of a state, if queues may be in its database and the extra is there. Raises `SorasyncError`."""
    if not is_postgres(url):
        raise SorasyncError(
            "there is no queue in a file: the state has to be in PostgreSQL",
            hint='set [state] url = "postgresql://…" in sorasync.toml; see docs/team.md',
        )
    require_queue_packages()
    return url
