"""The limits of hosts that all applies of a database share: creates a minute, renders in flight, and pauses.

Several libraries may use one account, so this is in a schema of its own. The database's clock decides.
Nothing here says what was paid for: all of it may be deleted at any time.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from sorasync.state.errors import StateError
from sorasync.state.row_writes import RowWrite

if TYPE_CHECKING:
    from sorasync.state.store import Store

LIMITS_SCHEMA = "sorasync_limits"

# Seconds for which a create counts. More than a minute: it is granted before it is sent.
_WINDOW = 62
# Seconds for which a slot is kept whose holder gives no sign of life: its render may still be at the host.
# Whoever follows that render takes the slot over. Not longer: those who could may be waiting for a slot.
KEPT = 120.0
# The longest pause, in seconds, that everybody keeps because a host told one machine to.
_LONGEST_PAUSE = 900.0
# Whoever makes the schema holds this lock.
_MAKING = 0x736F_7261_6C69

_NOW = "extract(epoch FROM clock_timestamp())"
_LOCK = (
    f"INSERT INTO {LIMITS_SCHEMA}.hosts (host, model) VALUES (of_host, of_model) ON CONFLICT DO NOTHING; "
    f"PERFORM 1 FROM {LIMITS_SCHEMA}.hosts WHERE host = of_host AND model = of_model FOR UPDATE; "
)
_STEPS = (
    f"CREATE SCHEMA IF NOT EXISTS {LIMITS_SCHEMA}",
    f"CREATE TABLE IF NOT EXISTS {LIMITS_SCHEMA}.hosts (host text, model text, PRIMARY KEY (host, model))",
    # The end of the pause that the host asked for.
    f"ALTER TABLE {LIMITS_SCHEMA}.hosts ADD COLUMN IF NOT EXISTS paused double precision NOT NULL DEFAULT 0",
    f"""CREATE TABLE IF NOT EXISTS {LIMITS_SCHEMA}.turns (
        host text, model text, second bigint, taken bigint NOT NULL, PRIMARY KEY (host, model, second)
    )""",
    f"""CREATE TABLE IF NOT EXISTS {LIMITS_SCHEMA}.places (
        host text,
        model text,
        key text,
        holder text NOT NULL,
        until double precision NOT NULL,
        PRIMARY KEY (host, model, key)
    )""",
    f"DROP FUNCTION IF EXISTS {LIMITS_SCHEMA}.take_turns",
    # How many creates may leave now, at most as many as are wanted, or the seconds until one more may, and
    # whether the host has asked for that. Without a limit of creates a minute it only asks for pauses.
    f"""CREATE FUNCTION {LIMITS_SCHEMA}.take_turns(
        of_host text, of_model text, per_minute bigint, wanted bigint,
        OUT granted bigint, OUT wait float8, OUT asked boolean
    ) LANGUAGE plpgsql AS $$
        DECLARE now_at float8; sent bigint;
        BEGIN
            SELECT paused - {_NOW} INTO wait
                FROM {LIMITS_SCHEMA}.hosts WHERE host = of_host AND model = of_model;
            asked := coalesce(wait > 0, false);
            IF asked THEN
                granted := 0;
                RETURN;
            END IF;
            wait := 0;
            IF per_minute IS NULL THEN
                granted := wanted;
                RETURN;
            END IF;
            {_LOCK}
            now_at := {_NOW};
            DELETE FROM {LIMITS_SCHEMA}.turns
                WHERE host = of_host AND model = of_model AND second <= floor(now_at) - {_WINDOW};
            SELECT coalesce(sum(taken), 0) INTO sent
                FROM {LIMITS_SCHEMA}.turns WHERE host = of_host AND model = of_model;
            granted := greatest(0, least(wanted, per_minute - sent));
            IF granted > 0 THEN
                INSERT INTO {LIMITS_SCHEMA}.turns AS t VALUES (of_host, of_model, floor(now_at), granted)
                    ON CONFLICT (host, model, second) DO UPDATE SET taken = t.taken + granted;
            ELSE
                SELECT min(second) + {_WINDOW} - now_at INTO wait
                    FROM {LIMITS_SCHEMA}.turns WHERE host = of_host AND model = of_model;
            END IF;
        END $$""",
    # Which of the renders have a slot; one that has a slot keeps it, whoever held it before.
    f"""CREATE OR REPLACE FUNCTION {LIMITS_SCHEMA}.take_places(
        of_host text, of_model text, keys jsonb, by_holder text, most bigint, kept float8
    ) RETURNS SETOF text LANGUAGE plpgsql AS $$
        DECLARE of_key text; in_all bigint;
        BEGIN
            {_LOCK}
            DELETE FROM {LIMITS_SCHEMA}.places
                WHERE host = of_host AND model = of_model AND NOT keys ? key AND until < {_NOW};
            SELECT count(*) INTO in_all FROM {LIMITS_SCHEMA}.places WHERE host = of_host AND model = of_model;
            FOR of_key IN SELECT jsonb_array_elements_text(keys) LOOP
                UPDATE {LIMITS_SCHEMA}.places SET holder = by_holder, until = {_NOW} + kept
                    WHERE host = of_host AND model = of_model AND key = of_key;
                IF NOT FOUND THEN
                    CONTINUE WHEN in_all >= most;
                    INSERT INTO {LIMITS_SCHEMA}.places
                        VALUES (of_host, of_model, of_key, by_holder, {_NOW} + kept);
                    in_all := in_all + 1;
                END IF;
                RETURN NEXT of_key;
            END LOOP;
        END $$""",
)

_LEAVE = RowWrite(
    f"{LIMITS_SCHEMA}.places",
    ("key", "host", "model", "holder"),
    f"DELETE FROM {LIMITS_SCHEMA}.places AS p USING {{rows}} "
    "WHERE p.host = n.host AND p.model = n.model AND p.key = n.key AND p.holder = n.holder",
    adds=True,
)


class Turns(NamedTuple):
    """How many creates may be sent, or else the seconds to wait; `asked`: the host asked for that pause."""

    granted: int
    wait: float
    asked: bool = False


class HostLimits:
    """The shared limits as one apply uses them; `holder` is what its slots are called by.

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
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname = 'take_places' "
            "AND pronamespace = to_regnamespace(?))",
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

    def take_turns(self, host: str, model: str, per_minute: int | None, wanted: int) -> Turns:
        """How many creates may be sent now. `per_minute` None: all of them, except during a pause."""
        row = self._session.row(
            f"SELECT granted, wait, asked FROM {LIMITS_SCHEMA}.take_turns(?, ?, ?, ?)",
            (host, model, per_minute, wanted),
        )
        assert row is not None
        return Turns(int(row[0]), float(row[1]), bool(row[2]))

    def pause(self, host: str, model: str, seconds: float) -> None:
        """Record the pause that the host asked for; everybody keeps it. Call in a transaction."""
        self._session.write(
            f"INSERT INTO {LIMITS_SCHEMA}.hosts AS h (host, model, paused) VALUES (?, ?, {_NOW} + ?) "
            "ON CONFLICT (host, model) DO UPDATE SET paused = greatest(h.paused, excluded.paused)",
            (host, model, min(seconds, _LONGEST_PAUSE)),
        )

    def take_slots(self, host: str, model: str, keys: Collection[str], most: int | None) -> set[str]:
        """Which renders may be in flight; those that are in flight already have a slot (`most` is None)."""
        rows = self._session.rows(
            f"SELECT {LIMITS_SCHEMA}.take_places(?, ?, ?::jsonb, ?, ?, ?)",
            (host, model, json.dumps(list(keys)), self._holder, _MANY if most is None else most, KEPT),
        )
        return {str(row[0]) for row in rows}

    def give_back(self, host: str, model: str, key: str) -> None:
        """The render has ended, or was never sent. For a transaction."""
        self._session.put(_LEAVE, (key, host, model, self._holder))

    def renew(self) -> None:
        """Keep the slots of this apply. For a transaction."""
        self._session.write(
            f"UPDATE {LIMITS_SCHEMA}.places SET until = {_NOW} + ? WHERE holder = ?", (KEPT, self._holder)
        )


_MANY = 1 << 40
