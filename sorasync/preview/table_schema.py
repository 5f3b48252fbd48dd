"""The tables of the preview server's own database."""

from __future__ import annotations

VERSION = 2

# What leads from a version to the next one.
UPGRADES = {1: "ALTER TABLE jobs ADD COLUMN damage TEXT NOT NULL DEFAULT '[]'"}

SCHEMA = """
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, model TEXT NOT NULL, size TEXT NOT NULL,
    seconds INTEGER NOT NULL, billed INTEGER NOT NULL, prompt TEXT NOT NULL,
    created REAL NOT NULL, ready REAL NOT NULL, life REAL NOT NULL,
    label TEXT, source TEXT, source_file TEXT, characters TEXT NOT NULL, image TEXT, links INTEGER NOT NULL,
    state TEXT NOT NULL, outcome TEXT NOT NULL, started REAL, drawn REAL, completed REAL, expires REAL,
    error_code TEXT, error_message TEXT, videoless INTEGER NOT NULL, stuck INTEGER NOT NULL,
    owner TEXT, batch TEXT, custom_id TEXT, damage TEXT NOT NULL DEFAULT '[]',
    UNIQUE (batch, custom_id)
);
CREATE INDEX jobs_undrawn ON jobs (seq) WHERE state = 'active' AND drawn IS NULL;
CREATE INDEX jobs_due ON jobs (ready) WHERE state = 'active' AND drawn IS NOT NULL AND stuck = 0;
CREATE INDEX jobs_active ON jobs (state) WHERE state = 'active';
CREATE INDEX jobs_batch ON jobs (batch, state) WHERE batch IS NOT NULL;
CREATE TABLE characters (id TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, purpose TEXT NOT NULL, filename TEXT NOT NULL, bytes INTEGER NOT NULL,
    path TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE batches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, input_file TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL,
    expires REAL NOT NULL, doc TEXT NOT NULL, owner TEXT
);
CREATE INDEX batches_open ON batches (seq) WHERE status IN ('validating', 'in_progress', 'cancelling');
CREATE TABLE batch_refusals (
    batch TEXT NOT NULL, custom_id TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (batch, custom_id)
);
CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL, size TEXT NOT NULL, seconds INTEGER NOT NULL,
    amount INTEGER NOT NULL, job TEXT NOT NULL, prompt_digest TEXT NOT NULL, label TEXT,
    idempotency_key TEXT, batch TEXT, void INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ledger_job ON ledger (job);
"""
