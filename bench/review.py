"""`python -m bench.review`: how well takes play in step in Chromium, and how thousands of clips scroll."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.table import held, row
from tests.review.playback_meters import DRIFT, SCROLL
from tests.review.studio import FPS, Studio, chromium, opened, started_browser, until

_CONFIG = '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
_CLIPS = 5000
# Milliseconds after which a frame is seen to be late.
_LATE = 50.0


def main() -> None:
    """Measure; it takes about a minute."""
    if chromium() is None:
        sys.stdout.write("Chromium is not installed\n")
        return
    with tempfile.TemporaryDirectory() as directory, started_browser() as browser:
        film = _film(Path(directory) / "takes", '[clips.long]\nprompt = "x"\ntakes = 2\n')
        film.lengths = [22, 21]
        film.settle()
        with film.page() as page:
            tab = opened(browser, page, "#/clip/long")
            ready = "[...document.querySelectorAll('.frame video')].filter((v) => v.readyState >= 3)"
            until(tab, f"{ready}.length === 2")
            tab.keyboard.press(" ")
            _show_drift(tab.evaluate(DRIFT))
            tab.context.close()
        clips = "".join(f'[clips.c{number:04}]\nprompt = "Clip {number}."\n' for number in range(_CLIPS))
        with _film(Path(directory) / "many", clips).page() as page:
            tab = opened(browser, page)
            _show_scroll(tab.evaluate(SCROLL, 0)[0], tab.evaluate(SCROLL, 400)[0])
            tab.context.close()


def _film(root: Path, manifest: str) -> Studio:
    film = Studio(root)
    film.write("sorasync.toml", _CONFIG)
    film.write("manifests/a.toml", manifest)
    return film


def _show_drift(drifts: list[float]) -> None:
    frames = sorted(abs(drift) * FPS for drift in drifts)
    mean = sum(frames) / len(frames)
    row("drift of two takes over 20 s, mean", f"{mean:.2f} frames", "", held(mean, 1, "1 frame"))
    row("95 of 100 frames are nearer than", f"{frames[len(frames) * 95 // 100]:.2f} frames")
    row("the worst", f"{frames[-1]:.2f} frames")


def _show_scroll(at_rest: list[float], scrolled: list[float]) -> None:
    late, alone = (sum(gap > _LATE for gap in gaps) for gaps in (scrolled, at_rest))
    row(f"{_CLIPS:,} clips: frames over 50 ms", f"{late} of {len(scrolled)}", f"{alone} at rest")


if __name__ == "__main__":
    main()
