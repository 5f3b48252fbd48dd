"""The ledger: one row per job, written in the same transaction as the job."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from sorasync.preview.database import Database, columns_of
from sorasync.preview.model import LedgerEntry, PreviewJob
from sorasync.preview.price_list import picture_price, price
from sorasync.preview.request_parsing import Picture

_MICRO = Decimal(1_000_000)


class Ledger:
    """The table of charges."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bill(self, job: PreviewJob, idempotency_key: str | None = None) -> None:
        """Charge a job at the reference's prices, a job of a batch at half."""
        charge = LedgerEntry(
            time=job.created,
            kind=job.kind,
            model=job.model,
            size=job.size,
            seconds=job.billed,
            amount=price(job.model, job.size, job.billed, batch=job.batch is not None),
            job=job.id,
            prompt_digest=hashlib.sha256(job.prompt.encode()).hexdigest(),
            label=job.label,
            idempotency_key=idempotency_key,
            batch=job.batch,
        )
        self._database.insert("ledger", columns_of(charge))

    def bill_picture(
        self, wanted: Picture, images: int, now: float, idempotency_key: str | None = None
    ) -> None:
        """Charge a still, made from so many images."""
        charge = LedgerEntry(
            time=now,
            kind="still",
            model=wanted.model,
            size=wanted.size,
            seconds=0,
            amount=picture_price(wanted.size, wanted.quality, images),
            job="",
            prompt_digest=hashlib.sha256(wanted.prompt.encode()).hexdigest(),
            label=wanted.label,
            idempotency_key=idempotency_key,
        )
        self._database.insert("ledger", columns_of(charge))

    def note_upload(self, name: str, character: str, now: float) -> None:
        """A character upload: a row that costs nothing."""
        digest = hashlib.sha256(name.encode()).hexdigest()
        charge = LedgerEntry(now, "character", "", "", 0, 0, character, digest, name)
        self._database.insert("ledger", columns_of(charge))

    def void(self, job_id: str) -> None:
        """Take the charge of a job back."""
        self._database.run("UPDATE ledger SET void = 1 WHERE job = ?", job_id)

    def job_of_key(self, idempotency_key: str) -> str | None:
        """The job that was billed first under a key."""
        question = "SELECT job FROM ledger WHERE idempotency_key = ? ORDER BY seq LIMIT 1"
        row = self._database.first(question, idempotency_key)
        return None if row is None else str(row[0])

    def charges(self) -> list[LedgerEntry]:
        """Every charge that holds, oldest first."""
        names = ", ".join(LedgerEntry.__dataclass_fields__)
        rows = self._database.rows(f"SELECT {names} FROM ledger WHERE void = 0 ORDER BY seq")
        return [LedgerEntry(*row) for row in rows]

    def total(self) -> Decimal:
        """The sum of every charge that holds, in dollars."""
        row = self._database.one("SELECT coalesce(sum(amount), 0) FROM ledger WHERE void = 0")
        return dollars(row[0])

    def as_json(self) -> dict[str, object]:
        """The ledger for the control route: `{"rows": […], "count": n, "total_usd": "1.20"}`."""
        rows = [_charge_fields(charge) for charge in self.charges()]
        return {"rows": rows, "count": len(rows), "total_usd": text(self.total())}


def dollars(micro: int) -> Decimal:
    """Millionths of a dollar as dollars."""
    return Decimal(micro) / _MICRO


def text(amount: Decimal) -> str:
    """An amount with at least two places."""
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else str(amount.normalize())


def _charge_fields(charge: LedgerEntry) -> dict[str, object]:
    row = columns_of(charge)
    del row["amount"]
    return row | {"amount_usd": text(dollars(charge.amount))}
