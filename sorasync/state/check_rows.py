"""Results of checks, by video, check and the digest of its settings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sorasync.state.store_table import StoreTable


@dataclass(frozen=True, slots=True, order=True)
class CheckKey:
    """What a result is of: a video by its SHA-256, a check by its name, and the digest of its settings."""

    asset: str
    name: str
    settings: str


class CheckRows(StoreTable):
    """The store's table of check results. They can be made again, so writing one may be lost."""

    def add_check_results(self, found: Iterable[tuple[CheckKey, str, Mapping[str, Any]]]) -> None:
        """Keep results with their verdicts; of a video that is not known any more, nothing is kept."""
        rows = list(found)
        if not rows:
            return
        now = self.session.clock.now()
        with self.session.relaxed():
            for key, verdict, result in rows:
                self.session.write(
                    "INSERT INTO checks (asset, name, settings, verdict, result, at) "
                    "SELECT sha256, ?, ?, ?, ?, ? FROM assets WHERE sha256 = ? "
                    "ON CONFLICT (asset, name, settings) DO UPDATE "
                    "SET verdict = excluded.verdict, result = excluded.result, at = excluded.at",
                    (key.name, key.settings, verdict, json.dumps(result), now, key.asset),
                )

    def assets_that_fail(self) -> frozenset[str]:
        """The videos that a check has failed, with whatever settings."""
        return frozenset(
            str(asset)
            for (asset,) in self.session.rows("SELECT DISTINCT asset FROM checks WHERE verdict = 'failed'")
        )

    def check_results(self, keys: Collection[CheckKey]) -> dict[CheckKey, dict[str, Any]]:
        """The results of those that are kept, as plain data."""
        wanted = set(keys)
        assets = sorted({key.asset for key in wanted})
        found = {}
        for asset in assets:
            for name, settings, result in self.session.rows(
                "SELECT name, settings, result FROM checks WHERE asset = ?", (asset,)
            ):
                key = CheckKey(asset, name, settings)
                if key in wanted:
                    found[key] = json.loads(result)
        return found
