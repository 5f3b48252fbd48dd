"""Draws renders as animatics: real H.264 files that show a storyboard before it is paid for.

Everything is drawn from the request alone, so the same request gives the same frames.
"""

from __future__ import annotations

from sorasync.preview.animatic.edits import edit
from sorasync.preview.animatic.picture import still
from sorasync.preview.animatic.render import draw, extend
from sorasync.preview.animatic.scene import BadMedia, Cast, Scene
from sorasync.preview.animatic.stills import spritesheet, thumbnail
from sorasync.preview.animatic.video import FPS, Probe, probe

__all__ = [
    "FPS",
    "BadMedia",
    "Cast",
    "Probe",
    "Scene",
    "draw",
    "edit",
    "extend",
    "probe",
    "spritesheet",
    "still",
    "thumbnail",
]
