"""The files of the page itself."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"

# Scripts in the order in which they are loaded.
SCRIPTS = (
    "base.js",
    "grid.js",
    "player.js",
    "notes.js",
    "comparison.js",
    "takes.js",
    "panes.js",
    "transport.js",
    "choosing.js",
    "clip_side.js",
    "clip.js",
    "plan.js",
    "page.js",
)

STYLES = "page.css"
