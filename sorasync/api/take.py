"""One take of a clip or still, as programs see it."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sorasync.library_file import read_file

# Bytes of a file that is small enough to be put into a page.
_SHOWN_BYTES = 32 << 20
_PICTURES = {".png": "png", ".webp": "webp", ".jpg": "jpeg"}


@dataclass(frozen=True, slots=True)
class Take:
    """One take of a clip or still, before any steps; `clip` is the name of either.

    `status` is that of its record (`stored`, `failed`, ...), None where nothing was sent yet. `file` is the
    video or picture on this machine, None where it is not here. `picked` says whether this take counts.
    `seconds` is 0 for a still. `cost_usd` is what its record counts as paid, None where nothing was or the
    amount is unknown.
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
        """The take in a notebook: the video or picture itself where it is here and not too large."""
        caption = f"{self.address} · {self.status or 'not rendered yet'}"
        shown = ""
        if self.file is not None and self.file.stat().st_size <= _SHOWN_BYTES:
            data = read_file(self.file, within=None, largest=_SHOWN_BYTES)
            picture = _PICTURES.get(self.file.suffix)
            kind = f"image/{picture}" if picture else "video/mp4"
            source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
            shown = (
                f'<img alt="" width="480" src="{source}">'
                if picture
                else f'<video controls loop width="480" src="{source}"></video>'
            )
        return f"<figure>{shown}<figcaption>{html.escape(caption)}</figcaption></figure>"
