"""The schema of the state, as numbered migrations.

A migration that has been released is never edited; a change of the schema is a new one at the end.
`records` holds what plans scan for every key, `inputs` the long texts, so that a scan stays small.
Money is TEXT, so that no digit is lost; times are Unix seconds.
"""

from __future__ import annotations

# Marks a SQLite file as a state of this program.
APPLICATION_ID = 0x534F5241

V1 = (
    """CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        lineage TEXT NOT NULL,
        serial INTEGER NOT NULL
    ) STRICT""",
    "INSERT INTO state (id, lineage, serial) VALUES (1, lower(hex(randomblob(16))), 0)",
    """CREATE TABLE records (
        key TEXT PRIMARY KEY NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        address TEXT NOT NULL,
        source_key TEXT,
        provider TEXT NOT NULL,
        remote_id TEXT,
        batch_id TEXT,
        model TEXT,
        size TEXT,
        seconds REAL,
        cost_usd TEXT,
        reported_usd TEXT,
        asset TEXT,
        progress INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        error_stage TEXT,
        error_code TEXT,
        error_message TEXT,
        run INTEGER,
        intent_at REAL,
        submitted_at REAL,
        rendered_at REAL,
        stored_at REAL,
        expires_at REAL,
        billed_seconds REAL
    ) STRICT, WITHOUT ROWID""",
    """CREATE INDEX records_unfinished ON records (status)
        WHERE status NOT IN ('stored', 'failed', 'blocked', 'lost')""",
    """CREATE TABLE inputs (
        key TEXT PRIMARY KEY NOT NULL REFERENCES records (key) ON DELETE CASCADE,
        inputs TEXT NOT NULL,
        request TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE bindings (
        address TEXT PRIMARY KEY NOT NULL,
        key TEXT NOT NULL REFERENCES records (key),
        protect INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX bindings_key ON bindings (key)",
    """CREATE TABLE assets (
        sha256 TEXT PRIMARY KEY NOT NULL,
        size INTEGER NOT NULL,
        kind TEXT NOT NULL,
        ext TEXT NOT NULL,
        of TEXT REFERENCES assets (sha256) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX assets_of ON assets (of) WHERE of IS NOT NULL",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        command TEXT NOT NULL,
        user TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started_at REAL NOT NULL,
        git_commit TEXT,
        plan_token TEXT,
        cost_estimate TEXT,
        ended_at REAL,
        outcome TEXT,
        spent TEXT,
        counts TEXT NOT NULL DEFAULT '{}'
    ) STRICT""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        what TEXT NOT NULL,
        run INTEGER,
        address TEXT,
        key TEXT,
        data TEXT NOT NULL DEFAULT '{}'
    ) STRICT""",
    "CREATE INDEX events_address ON events (address) WHERE address IS NOT NULL",
    "CREATE INDEX events_key ON events (key) WHERE key IS NOT NULL",
    "CREATE INDEX events_run ON events (run) WHERE run IS NOT NULL",
    """CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
    """CREATE TABLE attempts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL,
        at REAL NOT NULL,
        outcome TEXT NOT NULL,
        run INTEGER,
        address TEXT,
        provider TEXT NOT NULL,
        remote_id TEXT,
        estimate_usd TEXT,
        reported_usd TEXT,
        seconds REAL,
        rendered_at REAL
    ) STRICT""",
    "CREATE INDEX attempts_key ON attempts (key)",
    "CREATE INDEX attempts_at ON attempts (at)",
    """CREATE TRIGGER attempts_are_never_deleted BEFORE DELETE ON attempts
        BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END""",
    """CREATE TABLE locks (
        name TEXT PRIMARY KEY NOT NULL,
        id TEXT NOT NULL,
        user TEXT NOT NULL,
        host TEXT NOT NULL,
        machine TEXT NOT NULL,
        pid INTEGER NOT NULL,
        process TEXT NOT NULL,
        command TEXT NOT NULL,
        since REAL NOT NULL,
        heartbeat REAL NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE lockfiles (
        digest TEXT PRIMARY KEY NOT NULL,
        position INTEGER NOT NULL UNIQUE,
        content BLOB
    ) STRICT""",
)

# Marks attempts that nobody billed, which count against no budget.
V2 = (
    "ALTER TABLE attempts ADD COLUMN simulated INTEGER NOT NULL DEFAULT 0",
    """UPDATE attempts SET simulated = 1 WHERE provider LIKE 'preview@%'
        OR key IN (SELECT key FROM inputs WHERE json_extract(inputs, '$.simulated'))""",
)

# Retired records that others have deleted from the lock file; only this state still has them.
V3 = (
    """CREATE TABLE dropped (
        key TEXT PRIMARY KEY NOT NULL REFERENCES records (key) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID""",
)

# Requests that a gateway sent again by itself. `runs.spent` is not written any more: attempts say it.
V4 = ("ALTER TABLE attempts ADD COLUMN resends INTEGER NOT NULL DEFAULT 0",)

# Every plan reads these few lines of the log.
V5 = ("CREATE INDEX events_paid_twice ON events (id) WHERE what = 'paid twice'",)

# How a stored video differs from what was paid for.
V6 = ("ALTER TABLE records ADD COLUMN mismatch TEXT",)

# What checks found in finished videos. Made again for nothing, so no export and no lock file has it.
V7 = (
    """CREATE TABLE checks (
        asset TEXT NOT NULL REFERENCES assets (sha256) ON DELETE CASCADE,
        name TEXT NOT NULL,
        settings TEXT NOT NULL,
        verdict TEXT NOT NULL,
        result TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (asset, name, settings)
    ) STRICT, WITHOUT ROWID""",
)

# The statements that lead from version n to n + 1 (`PRAGMA user_version`).
MIGRATIONS: tuple[tuple[str, ...], ...] = (V1, V2, V3, V4, V5, V6, V7)

VERSION = len(MIGRATIONS)
