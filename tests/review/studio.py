"""A library with real videos, its page in a thread, and Debian's Chromium to look at it."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from sorasync.review.app import PageOptions
from sorasync.review.serve import Listening, ReviewPage, running
from sorasync.state.store import Store
from tests.cli.kit import CONFIG, Film

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FPS = 24


@cache
def video(seconds: int, shade: int) -> bytes:
    """An H.264 MP4 in which a bar moves a little with every frame."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "24"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(seconds * FPS):
            picture = np.full((90, 160, 3), shade, dtype=np.uint8)
            picture[:, number % 150 : number % 150 + 8] = 255
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return buffer.getvalue()


@dataclass
class Studio(Film):
    """A film whose stored renders are real videos; the first of `lengths` is that of the first one stored."""

    lengths: list[int] = field(default_factory=list)
    stored: int = 0

    def object(self, store: Store, content: str) -> str:
        """A video of its own for every key."""
        import hashlib

        length = self.lengths[self.stored % len(self.lengths)] if self.lengths else 2
        shade = 40 + 30 * (self.stored % 6)
        self.stored += 1
        note = content.encode()
        data = video(length, shade) + struct.pack(">I4s", 8 + len(note), b"free") + note
        sha = hashlib.sha256(data).hexdigest()
        path = self.project.assets().path_of(sha)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        store.add_asset(sha, len(data), "video", ".mp4")
        return sha

    @contextmanager
    def page(
        self, *, read_only: bool = False, allow_apply: bool = False, listening: Listening | None = None
    ) -> Iterator[ReviewPage]:
        """Its page, being served."""
        options = PageOptions(read_only=read_only, allow_apply=allow_apply)
        with running(self.project, listening or Listening(), options) as page:
            yield page


MANIFEST = """
[clips.market]
prompt = "A lantern-lit market at dusk, slow push-in."
takes = 3
tags = ["act1"]
[[clips.market.steps]]
extend = "Continue as rain begins."
seconds = 4
[clips.harbour]
prompt = "A harbour at dawn, wide."
[clips.souk]
prompt = "سوق قديم عند الغسق"
takes = 2
[clips.todo]
prompt = "A lighthouse at night."
tags = ["act2"]
"""


def studio(root: Path, capsys: pytest.CaptureFixture[str], manifest: str = MANIFEST) -> Studio:
    """A library in which everything but `clip.todo` is rendered."""
    made = Studio(root, capsys)
    made.write("sorasync.toml", CONFIG)
    made.write("manifests/a.toml", manifest)
    made.settle(lambda render: not render.address.startswith("clip.todo"))
    return made


def chromium() -> str | None:
    """The browser of the system, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Chromium without a window. Skips where it is not installed, except where `.ci/run` requires it."""
    path = chromium()
    if path is None:
        if os.environ.get("SORASYNC_TESTS_BROWSER") == "required":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    limits = resource.getrlimit(resource.RLIMIT_AS)
    # A browser reserves far more addresses than the suite allows, and uses few of them.
    resource.setrlimit(resource.RLIMIT_AS, (limits[1], limits[1]))
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, page: ReviewPage, place: str = "#/", *, width: int = 1280) -> Page:
    """A tab on the page; errors of its scripts end the test when it is closed by `closed`."""
    context = browser.new_context(viewport={"width": width, "height": 860}, reduced_motion="no-preference")
    context.set_default_timeout(20_000)
    tab = context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector(".card, .empty")
    if place != "#/":
        turn_to(tab, page, place)
    return tab


def turn_to(tab: Page, page: ReviewPage, place: str) -> None:
    """Go to a view by its address, and wait for it: a key pressed before that goes to the old one."""
    tab.goto(f"http://127.0.0.1:{page.port}/{place}")
    view, _, clip = place.removeprefix("#/").partition("/")
    if view == "clip":
        until(tab, f"document.title.startsWith({json.dumps(clip)})")
    else:
        tab.wait_for_selector(f'#views a[href="{place}"][aria-current="page"]')


def until(tab: Page, condition: str) -> None:
    """Wait until something holds in a page whose policy forbids Playwright's own way of waiting."""
    for _ in range(800):
        if tab.evaluate(f"Boolean({condition})"):
            return
        tab.wait_for_timeout(25)
    pytest.fail(f"never came true: {condition}")
