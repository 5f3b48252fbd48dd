"""Stored files, by digest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sorasync.state.history import Asset
from sorasync.state.row_writes import ADD_ASSET
from sorasync.state.store_table import StoreTable

_COLUMNS = "sha256, size, kind, ext, of"


class Files(StoreTable):
    """The store's table of assets by digest."""

    def add_asset(self, sha256: str, size: int, kind: str, ext: str = "", of: str | None = None) -> None:
        """Record a file of `size` bytes; `kind` is `video`, `thumbnail` or `spritesheet`.

        `of` attaches it to a video that is known already. A file noted before stays as it is.
        """
        with self.session.transaction():
            if not self.session.has_changed and self.asset(sha256) is None:
                self.session.changed()
            self.session.put(ADD_ASSET, (sha256, size, kind, ext, of))

    def asset(self, sha256: str) -> Asset | None:
        """One file, or None."""
        found = self._assets("WHERE sha256 = ?", (sha256,))
        return found[0] if found else None

    def assets(self) -> dict[str, Asset]:
        """Every file by its digest."""
        return {asset.sha256: asset for asset in self._assets("ORDER BY sha256", ())}

    def stored_videos(self) -> dict[str, tuple[int | None, float | None]]:
        """Every stored video by digest: its size in bytes, and when it was stored."""
        rows = self.session.rows(
            "SELECT r.asset, a.size, min(r.stored_at) FROM records r "
            "LEFT JOIN assets a ON a.sha256 = r.asset "
            "WHERE r.status = 'stored' AND r.asset IS NOT NULL GROUP BY r.asset, a.size"
        )
        return {str(sha256): (size, stored_at) for sha256, size, stored_at in rows}

    def drop_assets(self, digests: Iterable[str]) -> None:
        """Delete files and everything attached to them."""
        with self.session.transaction():
            for sha256 in digests:
                if self.session.write("DELETE FROM assets WHERE sha256 = ?", (sha256,)).rowcount:
                    self.session.changed()

    def _assets(self, where: str, parameters: tuple[object, ...]) -> list[Asset]:
        rows: list[tuple[Any, ...]] = self.session.rows(f"SELECT {_COLUMNS} FROM assets {where}", parameters)
        return [Asset(*row) for row in rows]
