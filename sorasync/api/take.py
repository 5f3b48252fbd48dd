"""One take of a clip, as programs see it."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sorasync.library_file import read_file

# Bytes of a video that is small enough to be put into a page.
_SHOWN_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Take:
    """One take of a clip, before any steps.

    `status` is that of its record (`stored`, `failed`, ...), None where nothing was sent yet. `file` is the
    video on this machine, None where it is not here. `picked` says whether the clip stands for it.
    `cost_usd` is what its record counts as paid, None where nothing was or the amount is unknown.
    """

    address: str
    clip: str
    number: int
    key: str
    prompt: str
    model: str
    size: str
    seconds: int
    picked: bool
    status: str | None
    remote_id: str | None
    file: Path | None
    cost_usd: Decimal | None

    def _repr_html_(self) -> str:
        """The take in a notebook: the video itself where it is here and not too large."""
        caption = f"{self.address} · {self.status or 'not rendered yet'}"
        shown = ""
        if self.file is not None and self.file.stat().st_size <= _SHOWN_BYTES:
            data = read_file(self.file, within=None, largest=_SHOWN_BYTES)
            source = f"data:video/mp4;base64,{base64.b64encode(data).decode('ascii')}"
            shown = f'<video controls loop width="480" src="{source}"></video>'
        return f"<figure>{shown}<figcaption>{html.escape(caption)}</figcaption></figure>"
