"""Make the picture of the review page in docs: the example library's rooftops, with a note on a take.

Run by `make pictures` when the page has changed: what it writes is in git. Needs Chromium.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from sorasync.operations.project import Project
from sorasync.review.app import PageOptions
from sorasync.review.serve import Listening, running

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures" / "review.webp"
WIDTH, HEIGHT = 1280, 760


def main() -> None:
    """Render the clip in a temporary copy, write a note on its page, and keep what is seen."""
    with tempfile.TemporaryDirectory() as directory:
        library = Path(directory)
        shutil.copy(ROOT / "sorasync.toml", library)
        shutil.copytree(ROOT / "manifests", library / "manifests")
        command = [sys.executable, "-m", "sorasync", "apply", "--yes", "--library", directory]
        subprocess.run([*command, "--target", "clip.rooftops"], check=True)
        browser = shutil.which("chromium")
        assert browser is not None, "Chromium is not installed"
        options = Listening(users={"a-token-of-the-picture": "Ann"})
        with running(Project.open(library), options, PageOptions()) as page, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            tab = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark")
            tab.goto(page.one_time_url)
            tab.wait_for_selector(".card")
            tab.goto(f"http://127.0.0.1:{page.port}/#/clip/rooftops")
            picture = look(tab)
            chromium.close()
    OUT.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(picture)).save(OUT, quality=80, method=6)


def look(tab: Page) -> bytes:
    """Takes 2 and 3 side by side, with a note on the first of them."""
    tab.get_by_label("Show Take 3").click()
    tab.wait_for_timeout(1500)
    for _ in range(12):
        tab.keyboard.press(".")
    tab.keyboard.press("n")
    tab.get_by_label("Note", exact=True).fill("The satchel cuts into the sleeve here.")
    box = tab.locator(".overlay").first.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.5)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.85)
    tab.mouse.up()
    tab.get_by_role("button", name="Save note").click()
    tab.locator(".notes .link").click()
    tab.wait_for_timeout(800)
    tab.evaluate("scrollTo(0, 0)")
    return tab.screenshot()


if __name__ == "__main__":
    main()
