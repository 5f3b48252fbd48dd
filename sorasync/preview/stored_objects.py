"""Characters, files and batches in the database."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

from sorasync.preview.database import Database, columns_of
from sorasync.preview.model import Character, StoredBatch, StoredFile

_FILE = ", ".join(StoredFile.__dataclass_fields__)
_BATCH = ", ".join(StoredBatch.__dataclass_fields__)


class StoredObjects:
    """The tables of what jobs are made from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_character(self, character: Character) -> None:
        """Keep a character, unless there is one of that id."""
        self._database.insert("characters", columns_of(character), ignore=True)

    def character(self, character_id: str) -> Character | None:
        """One character, None when it is not held."""
        row = self._database.first(
            "SELECT id, name, path, created FROM characters WHERE id = ?", character_id
        )
        return Character(*row) if row else None

    def add_file(self, file: StoredFile) -> None:
        """Keep a file."""
        self._database.insert("files", columns_of(file))

    def file(self, file_id: str) -> StoredFile | None:
        """One file, None when it is not held."""
        row = self._database.first(f"SELECT {_FILE} FROM files WHERE id = ?", file_id)
        return StoredFile(*row) if row else None

    def files(self) -> list[StoredFile]:
        """Every file, newest first."""
        return [
            StoredFile(*row) for row in self._database.rows(f"SELECT {_FILE} FROM files ORDER BY seq DESC")
        ]

    def remove_file(self, file_id: str) -> bool:
        """Forget a file; False if it was not held."""
        return self._database.run("DELETE FROM files WHERE id = ?", file_id) == 1

    def add_batch(self, batch: StoredBatch) -> None:
        """Keep a batch."""
        self._database.insert("batches", columns_of(batch) | {"doc": json.dumps(batch.doc)})

    def batch(self, batch_id: str) -> StoredBatch | None:
        """One batch, None when it is not held."""
        row = self._database.first(f"SELECT {_BATCH} FROM batches WHERE id = ?", batch_id)
        return _batch(row) if row else None

    def batches(self) -> list[StoredBatch]:
        """Every batch, newest first."""
        return [_batch(row) for row in self._database.rows(f"SELECT {_BATCH} FROM batches ORDER BY seq DESC")]

    def open_batches(self) -> list[StoredBatch]:
        """The batches that are not done, oldest first."""
        sql = (
            f"SELECT {_BATCH} FROM batches WHERE status IN ('validating', 'in_progress', 'cancelling') "
            "ORDER BY seq"
        )
        return [_batch(row) for row in self._database.rows(sql)]

    def change_batch(self, batch: StoredBatch, status: str, **doc: object) -> StoredBatch:
        """Give a batch a new status and more fields."""
        changed = replace(batch, status=status, doc=batch.doc | doc)
        self._database.run(
            "UPDATE batches SET status = ?, doc = ? WHERE id = ?", status, json.dumps(changed.doc), batch.id
        )
        return changed

    def own_batch(self, batch_id: str, owner: str | None) -> None:
        """Say who works through a batch's lines."""
        self._database.run("UPDATE batches SET owner = ? WHERE id = ?", owner, batch_id)

    def refuse_line(self, batch: str, custom_id: str, status: int, body: object) -> None:
        """Keep the refusal of one line of a batch."""
        row = {"batch": batch, "custom_id": custom_id, "status": status, "body": json.dumps(body)}
        self._database.insert("batch_refusals", row, ignore=True)

    def refused_lines(self, batch: str) -> list[tuple[str, int, object]]:
        """The refused lines of a batch: custom id, status, body."""
        rows = self._database.rows(
            "SELECT custom_id, status, body FROM batch_refusals WHERE batch = ? ORDER BY rowid", batch
        )
        return [(row[0], row[1], json.loads(row[2])) for row in rows]


def _batch(row: sqlite3.Row) -> StoredBatch:
    values = dict(zip(StoredBatch.__dataclass_fields__, tuple(row), strict=True))
    return StoredBatch(**(values | {"doc": json.loads(values["doc"])}))
