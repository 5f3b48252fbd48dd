from __future__ import annotations

import asyncio
import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from sorasync.preview.ledger import text
from sorasync.preview.price_list import price
from tests.preview.kit import preview


@pytest.mark.parametrize(
    ("model", "size", "dollars"),
    [
        ("sora-2", "1280x720", "0.10"),
        ("sora-2-2025-12-08", "720x1280", "0.10"),
        ("sora-2-pro", "1280x720", "0.30"),
        ("sora-2-pro", "1024x1792", "0.50"),
        ("sora-2-pro-2025-10-06", "1792x1024", "0.50"),
        ("sora-2-pro", "1920x1080", "0.70"),
        ("some-other", "640x480", "0.10"),
    ],
)
def test_prices_are_the_reference_ones_and_half_of_them_in_a_batch(
    model: str, size: str, dollars: str
) -> None:
    assert price(model, size, 12) == int(Decimal(dollars) * 12 * 1_000_000)
    assert price(model, size, 12, batch=True) * 2 == price(model, size, 12)


def test_a_row_says_what_was_billed_for_what(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            body = {"prompt": "a pier", "seconds": "8", "label": "clip.pier#2"}
            answer = await it.http.post("/videos", json=body, headers={"idempotency-key": "k1"})
            ledger = await it.ledger()
            assert ledger == {
                "rows": [
                    {
                        "time": 1_800_000_000.0,
                        "kind": "create",
                        "model": "sora-2",
                        "size": "720x1280",
                        "seconds": 8,
                        "amount_usd": "0.80",
                        "job": answer.json()["id"],
                        "prompt_digest": hashlib.sha256(b"a pier").hexdigest(),
                        "label": "clip.pier#2",
                        "idempotency_key": "k1",
                        "batch": None,
                    }
                ],
                "count": 1,
                "total_usd": "0.80",
            }

    asyncio.run(run())


def test_the_sum_is_that_of_the_rows(tmp_path: Path) -> None:
    async def run() -> None:
        async with preview(tmp_path) as it:
            for seconds in ("4", "8", "12", "16", "20"):
                await it.create(seconds=seconds, model="sora-2-pro", size="1080x1920")
            ledger = await it.ledger()
            assert sum(Decimal(row["amount_usd"]) for row in ledger["rows"]) == Decimal("42.00")
            assert ledger["total_usd"] == "42.00"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("amount", "shown"), [("0", "0.00"), ("3.2", "3.20"), ("0.125", "0.125"), ("100", "100.00")]
)
def test_amounts_have_at_least_two_places(amount: str, shown: str) -> None:
    assert text(Decimal(amount)) == shown
