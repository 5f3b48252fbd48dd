"""The process that decodes: takes videos from standard input, one a line, and answers each with a line.

A file that crashes the decoder, or keeps it busy for ever, ends this process and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

from sorasync.checks.measure import check_video
from sorasync.checks.measure_request import video_in

# Renders and whoever sits at the machine go first.
_NICENESS = 10


def _answer(line: bytes) -> bytes:
    return json.dumps([result.fields() for result in check_video(video_in(line))]).encode() + b"\n"


def main() -> None:
    """Answer until standard input ends."""
    with suppress(OSError):
        os.nice(_NICENESS)
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(_answer(line))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
