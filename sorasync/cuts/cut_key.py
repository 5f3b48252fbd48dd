"""The key of a film: a digest of everything that is seen and heard in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from sorasync.cuts.timeline import Placed, Timeline

# Raised if the same cut comes out as another film.
_VERSION = 1


def cut_key(timeline: Timeline, content_of: Callable[[Placed], str]) -> str:
    """The key of a cut; `content_of` stands for the video of an event. Names and markers are left out."""
    cut = timeline.cut
    facts = {
        "v": _VERSION,
        "rate": str(cut.rate),
        "size": timeline.size,
        "loudness": cut.loudness,
        "events": [
            [
                content_of(one) if one.render else "",
                one.event.gain,
                one.source,
                one.start,
                one.stop,
                one.dissolve_in,
                one.dissolve_out,
                one.fade_in,
                one.fade_out,
            ]
            for one in timeline.events
        ],
        "audio": [
            [track.sha256, track.at, track.start, track.stop, track.gain, track.fade_in, track.fade_out]
            for track in cut.audio
        ],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
