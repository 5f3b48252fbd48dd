"""How a preview server is set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sorasync.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """The settings of a preview server.

    `data` is a directory for jobs, files and the ledger; it is created. `draw = False` gives every render
    a tiny valid MP4 of the right size and length at once, `clean` draws no text. `render_seconds` is the
    simulated time a render takes (0: as fast as drawing goes). `workers` renders are drawn at once.
    `dialect` is the server family that is spoken. `faults` is a plan file (see
    `sorasync.preview.faults`). With `api_key` set, requests without it get 401. More than `max_in_flight`
    unfinished jobs get 429. Downloads are valid for `expires_after` seconds, those of a batch for
    `batch_expires_after`. New jobs stay out of the list for `list_lag` seconds. `poll_after_ms` is the
    polling hint (None: chosen from `render_seconds`). Events go to `webhook_url`, signed with
    `webhook_secret` (`whsec_` and base64). `find_character` gives name and clip of a character that another
    server over the same library was sent; it may take its time.
    """

    data: Path
    draw: bool = True
    clean: bool = False
    render_seconds: float | None = 0
    workers: int = 2
    dialect: str = "openai"
    faults: Path | None = None
    api_key: str | None = None
    max_in_flight: int | None = None
    expires_after: float = 3600.0
    batch_expires_after: float = 86_400.0
    list_lag: float = 0.0
    poll_after_ms: int | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    find_character: Callable[[str], tuple[str, Path] | None] | None = None
    clock: Clock = field(default_factory=SystemClock)

    @property
    def hint_ms(self) -> int:
        """The polling hint in milliseconds."""
        if self.poll_after_ms is not None:
            return self.poll_after_ms
        floor = 200 if self.draw else 20
        return max(floor, min(10_000, int((self.render_seconds or 0) * 250)))
