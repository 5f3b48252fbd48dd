"""What all applies of a database share of a host's limits: creates a minute, and places in flight.

Several libraries may use one account, so this is in a schema of its own. The database's clock decides.
Nothing here says what was paid for: all of it may be deleted at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sorasync.state.errors import StateError

if TYPE_CHECKING:
    from sorasync.state.store import Store

LIMITS_SCHEMA = "sorasync_limits"

# Seconds for which a create counts. More than a minute: it is granted before it is sent.
_WINDOW = 62
# Seconds for which a place is kept whose holder gives no sign of life: its render may still be at the host.
# Whoever follows that render takes the place over. Not longer: those who could may be waiting for a place.
KEPT = 120.0
# Whoever makes the schema holds this lock.
_MAKING = 0x736F_7261_6C69

_NOW = "extract(epoch FROM clock_timestamp())"
_LOCK = (
    f"INSERT INTO {LIMITS_SCHEMA}.hosts VALUES (of_host, of_model) ON CONFLICT DO NOTHING; "
    f"PERFORM 1 FROM {LIMITS_SCHEMA}.hosts WHERE host = of_host AND model = of_model FOR UPDATE; "
)
_STEPS = (
    f"CREATE SCHEMA IF NOT EXISTS {LIMITS_SCHEMA}",
    f"CREATE TABLE {LIMITS_SCHEMA}.hosts (host text, model text, PRIMARY KEY (host, model))",
    f"""CREATE TABLE {LIMITS_SCHEMA}.turns (
        host text, model text, second bigint, taken bigint NOT NULL, PRIMARY KEY (host, model, second)
    )""",
    f"""CREATE TABLE {LIMITS_SCHEMA}.places (
        host text,
        model text,
        key text,
        holder text NOT NULL,
        until double precision NOT NULL,
        PRIMARY KEY (host, model, key)
    )""",
    # How many creates may leave now, at most as many as are wanted, or the seconds until one more may.
    f"""CREATE FUNCTION {LIMITS_SCHEMA}.take_turns(
        of_host text, of_model text, per_minute bigint, wanted bigint, OUT granted bigint, OUT wait float8
    ) LANGUAGE plpgsql AS $$
        DECLARE now_at float8; sent bigint;
        BEGIN
            {_LOCK}
            now_at := {_NOW};
            DELETE FROM {LIMITS_SCHEMA}.turns
                WHERE host = of_host AND model = of_model AND second <= floor(now_at) - {_WINDOW};
            SELECT coalesce(sum(taken), 0) INTO sent
                FROM {LIMITS_SCHEMA}.turns WHERE host = of_host AND model = of_model;
            granted := greatest(0, least(wanted, per_minute - sent));
            wait := 0;
            IF granted > 0 THEN
                INSERT INTO {LIMITS_SCHEMA}.turns AS t VALUES (of_host, of_model, floor(now_at), granted)
                    ON CONFLICT (host, model, second) DO UPDATE SET taken = t.taken + granted;
            ELSE
                SELECT min(second) + {_WINDOW} - now_at INTO wait
                    FROM {LIMITS_SCHEMA}.turns WHERE host = of_host AND model = of_model;
            END IF;
        END $$""",
    # Whether the render has a place; one that has it already keeps it, whoever held it before.
    f"""CREATE FUNCTION {LIMITS_SCHEMA}.take_place(
        of_host text, of_model text, of_key text, by_holder text, most bigint, kept float8
    ) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            {_LOCK}
            DELETE FROM {LIMITS_SCHEMA}.places
                WHERE host = of_host AND model = of_model AND key <> of_key AND until < {_NOW};
            IF NOT EXISTS (SELECT FROM {LIMITS_SCHEMA}.places
                    WHERE host = of_host AND model = of_model AND key = of_key)
                AND (SELECT count(*) FROM {LIMITS_SCHEMA}.places
                    WHERE host = of_host AND model = of_model) >= most THEN
                RETURN false;
            END IF;
            INSERT INTO {LIMITS_SCHEMA}.places
                VALUES (of_host, of_model, of_key, by_holder, {_NOW} + kept)
                ON CONFLICT (host, model, key) DO UPDATE SET holder = excluded.holder, until = excluded.until;
            RETURN true;
        END $$""",
)


class HostLimits:
    """The shared limits as one apply uses them; `holder` is what its places are called by.

    Every method is one question to the database. Raises `StateError`.
    """

    def __init__(self, store: Store, holder: str) -> None:
        self._session = store.session
        self._holder = holder

    def prepare(self) -> None:
        """Make the schema, if need be. Raises `StateError` where that or its use is not allowed."""
        if self._usable():
            return
        with self._session.transaction():
            self._session.write("SELECT pg_advisory_xact_lock(?)", (_MAKING,))
            if not self._there():
                for statement in _STEPS:
                    self._session.write(statement)
        if not self._usable():
            raise StateError(f"no permission to use the schema {LIMITS_SCHEMA}")

    def _there(self) -> bool:
        row = self._session.row(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = ? AND tablename = 'places')",
            (LIMITS_SCHEMA,),
        )
        return row is not None and bool(row[0])

    def _usable(self) -> bool:
        if not self._there():
            return False
        row = self._session.row(
            "SELECT has_schema_privilege(?, 'USAGE') AND bool_and(has_table_privilege(c.oid, right_)) "
            "FROM pg_catalog.pg_class c "
            "CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_ "
            "WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ?) "
            "AND c.relkind = 'r'",
            (LIMITS_SCHEMA, LIMITS_SCHEMA),
        )
        return row is not None and bool(row[0])

    def take_turns(self, host: str, model: str, per_minute: int, wanted: int) -> tuple[int, float]:
        """How many creates may leave now, and where none may the seconds until it is worth asking again."""
        row = self._session.row(
            f"SELECT granted, wait FROM {LIMITS_SCHEMA}.take_turns(?, ?, ?, ?)",
            (host, model, per_minute, wanted),
        )
        assert row is not None
        return int(row[0]), float(row[1])

    def take_place(self, host: str, model: str, key: str, most: int | None) -> bool:
        """Whether a render may be in flight; one that is in flight already has its place (`most` is None)."""
        row = self._session.row(
            f"SELECT {LIMITS_SCHEMA}.take_place(?, ?, ?, ?, ?, ?)",
            (host, model, key, self._holder, _MANY if most is None else most, KEPT),
        )
        return row is not None and bool(row[0])

    def give_back(self, host: str, model: str, key: str) -> None:
        """The render has ended, or was never sent. For a transaction."""
        self._session.write(
            f"DELETE FROM {LIMITS_SCHEMA}.places WHERE host = ? AND model = ? AND key = ? AND holder = ?",
            (host, model, key, self._holder),
        )

    def renew(self) -> None:
        """Keep the places of this apply. For a transaction."""
        self._session.write(
            f"UPDATE {LIMITS_SCHEMA}.places SET until = {_NOW} + ? WHERE holder = ?", (KEPT, self._holder)
        )


_MANY = 1 << 40
