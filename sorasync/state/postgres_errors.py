"""What PostgreSQL and the way to it say, in words for users."""

from __future__ import annotations

import logging

import psycopg

from sorasync.state.errors import DatabaseAway, LockLost, StateError

# What it has to say is in the errors that it raises.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_SAFE = "what was committed is safe; run the command again"
_SIGN_IN = (
    "set PGPASSWORD, or write ~/.pgpass or a service file; the URL names the user: postgresql://USER@HOST/DB"
)

# What `require_leases` raises.
LEASES_LOST = "SL001"

# By SQLSTATE, or the first two signs of it.
_BY_STATE = {
    "28": ("{name} denies access ({error})", _SIGN_IN),
    "3D": ("there is no such database: {name}", "create it, or correct [state] url"),
    "42501": (
        "you have no permission for that in {name} ({error})",
        "docs/team.md lists the rights: own the schema, or have all privileges on its tables and sequences; "
        "a new schema needs CREATE on the database, unless an administrator creates it",
    ),
    "42P01": ("the state {name} has lost tables ({error})", "restore the database from its backup"),
    "42703": ("columns are missing in the state {name} ({error})", "restore the database from its backup"),
    "55P03": (
        "the state {name} stayed busy for 30 seconds: another process is writing to it",
        "try again; `sorasync state lock` shows who holds the lock",
    ),
    "25006": ("{name} is read-only: is it a standby?", "point [state] url at the primary server"),
    "53100": ("the disk of {name} is full", "nothing of this step was recorded; " + _SAFE),
    "53300": ("{name} has no connection left", "close others, or raise max_connections"),
    "57": ("the connection to {name} was ended by the server ({error})", _SAFE),
    "08": ("the connection to {name} was lost ({error})", _SAFE),
    "25P03": ("the connection to {name} was ended: this process was suspended in a transaction", _SAFE),
}
_AWAY = (
    "{name} cannot be reached ({error})",
    "check [state] url, the network and that the server runs; " + _SAFE,
)
# Errors that a later try may not meet again.
_PASSING = (_AWAY, *(_BY_STATE[state] for state in ("08", "57", "53300", "25P03")))
# libpq says why a connection failed in words only.
_BY_WORDS = {
    "password": _BY_STATE["28"],
    "no pg_hba.conf entry": _BY_STATE["28"],
    'role "': _BY_STATE["28"],
    'database "': _BY_STATE["3D"],
    "too many": _BY_STATE["53300"],
    "SSL": (
        "{name} and this machine do not agree on encryption ({error})",
        "correct sslmode or sslrootcert in [state] url, or switch TLS on at the server",
    ),
    "certificate": (
        "the certificate of {name} is not trusted ({error})",
        "name its root in [state] url: ?sslmode=verify-full&sslrootcert=FILE",
    ),
    "consuming input failed": _BY_STATE["08"],
    "sending query failed": _BY_STATE["08"],
    "flush request failed": _BY_STATE["08"],
    "connection is lost": _BY_STATE["08"],
}


def explain_postgres(error: Exception, name: str) -> StateError:
    """The error in words for users, with a remedy."""
    state = getattr(error, "sqlstate", None) or ""
    if state == LEASES_LOST:
        return LockLost(_first_line(error), hint="renders in flight continue; the next apply follows them")
    said = _first_line(error)
    found = _BY_STATE.get(state) or _BY_STATE.get(state[:2]) or _otherwise(error, state, said)
    kind = DatabaseAway if found in _PASSING else StateError
    return kind(found[0].format(name=name, error=said), hint=found[1])


def _otherwise(error: Exception, state: str, said: str) -> tuple[str, str | None]:
    if not state and "URI" in said:
        hint = "correct [state] url; after ? may stand schema and the options of libpq, such as sslmode"
        return "the URL of {name} cannot be used ({error})", hint
    if state or not isinstance(error, psycopg.OperationalError):
        return "the state {name} cannot be used ({error})", None
    for words, found in _BY_WORDS.items():
        if words in said:
            return found
    return _AWAY


def _first_line(error: Exception) -> str:
    """What the server or libpq said: of several tries the last, without what surrounds it."""
    diagnosed = getattr(getattr(error, "diag", None), "message_primary", None)
    if diagnosed:
        return str(diagnosed)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "FATAL:" in line or "error:" in line or "failed" in line] or lines
    if not told:
        return type(error).__name__
    return told[0].rpartition("FATAL:")[2].strip().removeprefix("connection failed: ")
