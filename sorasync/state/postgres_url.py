"""The URL of a state in PostgreSQL: which server, which database, which schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sorasync.state.errors import StateError

# The longest name that PostgreSQL keeps.
_LONGEST = 63
_SCHEMES = ("postgresql", "postgres")
EXAMPLE = "postgresql://ann@db.example/film"


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """Where a state is: `address` is what libpq takes, `owner` the library and its environment.

    `name` is what messages call it.
    """

    address: str
    schema: str
    owner: str

    @property
    def name(self) -> str:
        """Server, database and schema; never a password."""
        parts = urlsplit(self.address)
        service = dict(parse_qsl(parts.query)).get("service")
        where = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
        where += f"?service={service}" if service else ""
        return f"{parts.scheme}://{where} (schema {self.schema})"


def is_postgres(url: str) -> bool:
    """Whether the URL of a state names a PostgreSQL server."""
    return url.partition(":")[0] in _SCHEMES


def has_password(url: str) -> bool:
    """Whether such a URL holds a password."""
    parts = urlsplit(url)
    return ":" in parts.netloc.rpartition("@")[0] or any(
        name == "password" for name, _ in parse_qsl(parts.query, keep_blank_values=True)
    )


def parse_url(url: str, owner: str) -> PostgresUrl:
    """The parts of a state's URL. Raises `StateError` for one that cannot be used."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _unusable(str(error)) from None
    if has_password(url):
        raise StateError(
            "the URL of the state contains a password",
            hint="remove it from the URL, and put it into PGPASSWORD, ~/.pgpass or a service file",
        )
    if parts.fragment:
        raise _unusable("a fragment (#) is not allowed")
    options = parse_qsl(parts.query, keep_blank_values=True)
    schema = next((value for name, value in options if name == "schema"), "") or schema_of(owner)
    if len(schema.encode()) > _LONGEST or "\0" in schema:
        raise _unusable(f"the name of a schema has at most {_LONGEST} characters")
    rest = [(name, value) for name, value in options if name != "schema"]
    # `urlunsplit` drops the slashes of a URL without a host, whose server a service file names.
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if rest:
        address += f"?{urlencode(rest, quote_via=quote)}"
    return PostgresUrl(address, schema, owner)


def in_schema(url: str, schema: str) -> str:
    """The URL of the state in that schema of the same database."""
    address = parse_url(url, schema).address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'schema': schema}, quote_via=quote)}"


def schema_of(owner: str) -> str:
    """The schema of a library and environment that name none: `sorasync_film`, `sorasync_film_staging`."""
    return f"sorasync_{re.sub(r'[^a-z0-9]+', '_', owner.lower()).strip('_')}"[:_LONGEST]


def _unusable(why: str) -> StateError:
    return StateError(f"[state] url cannot be used: {why}", hint=f'write url = "{EXAMPLE}"')
