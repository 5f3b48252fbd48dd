"""Stills on the page: chosen, noted and rejected like clips, shown where they are used, and exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sorasync.review.notes_file import parse_notes
from tests.cuts.kit import picture, stored
from tests.review.studio import Studio, opened, studio, turn_to, until
from tests.review.test_page import gone_wrong
from tests.review.test_security import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STILLS = """
[stills.quay]
prompt = "A quay at dawn."
takes = 2
gate = true
references = ["boat.png"]
[clips.market]
prompt = "A boat leaves."
image = "still:quay"
[cuts.reel]
events = [{ still = "quay", length = 1 }]
"""

BOTH_SEEN = "[...document.querySelectorAll('.frame img')].filter((one) => one.naturalWidth).length === 2"


@pytest.fixture
def film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Studio:
    """A still of two takes to choose from, made from a picture, and a clip that waits for it."""
    (tmp_path / "manifests").mkdir()
    picture(tmp_path / "manifests/boat.png", 20)
    made = studio(tmp_path, capsys, "")
    made.write("manifests/a.toml", STILLS)
    for number in (1, 2):
        stored(made, f"still.quay#{number}", picture(tmp_path / f"{number}.png", 40 * number))
    return made


def test_a_still_is_chosen_noted_and_rejected_like_a_clip(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        complaints = gone_wrong(tab)
        assert tab.locator("#found").inner_text() == "1 clip and 1 still"
        tab.goto(f"http://127.0.0.1:{page.port}/#/clip/still.quay")
        until(tab, BOTH_SEEN)
        until(tab, "document.querySelector('.reference img')?.naturalWidth > 0")
        assert tab.locator(".reference figcaption").inner_text() == "reference boat.png"
        assert tab.get_by_label("Play", exact=True).is_hidden()

        tab.get_by_role("button", name="Difference").click()
        tab.locator(".mode-difference .stack").wait_for()
        tab.get_by_role("button", name="Side by side").click()
        tab.keyboard.press("n")
        tab.get_by_label("Note", exact=True).fill("No boat.")
        tab.get_by_role("button", name="Save note").click()
        tab.locator(".notes li", has_text="No boat.").wait_for()
        tab.get_by_role("button", name="Reply").click()
        tab.get_by_label("Reply", exact=True).fill("It is behind the mast.")
        tab.get_by_role("button", name="Reply").last.click()
        tab.locator(".replies li", has_text="behind the mast").wait_for()
        assert "Notes (1)" in tab.locator("#s-notes summary").inner_text()
        tab.keyboard.press("x")
        tab.get_by_label("Reason").fill("Too dark.")
        tab.get_by_role("button", name="Reject", exact=True).click()
        tab.locator(".pane .stage", has_text="rejected").wait_for()
        found = parse_notes(film.read("manifests/review.toml"))
        assert [one.on for one in found.rejected] == ["still.quay#1"]
        first = next(note for note in found.notes if note.reply_to is None)
        assert [(n.on, n.text) for n in found.notes if n.reply_to == first.id] == [
            ("still.quay#1", "It is behind the mast.")
        ]

        tab.keyboard.press("2")
        tab.locator("dialog").wait_for()
        assert "1 change and cost $0.40" in tab.locator("dialog").inner_text()
        tab.keyboard.press("Enter")
        tab.locator(".stage", has_text="picked").first.wait_for()
        assert '"still.quay" = 2' in film.read("manifests/picks.toml")
        assert film.run("validate").code == 0
        # The clip shows the picked still that it will begin with.
        turn_to(tab, page, "#/clip/market")
        until(tab, "document.querySelector('.reference img')?.naturalWidth > 0")
        assert tab.locator(".reference a").get_attribute("href") == "#/clip/still.quay"
        turn_to(tab, page, "#/cuts")
        tab.keyboard.press(" ")
        until(
            tab, "[...document.querySelectorAll('.screen')].some((one) => one.poster.includes('/picture/'))"
        )
        assert complaints == []
        tab.context.close()


def test_a_note_that_is_removed_takes_its_answers_along(film: Studio) -> None:
    film.write(
        "manifests/review.toml",
        'review.notes.aaaa = { on = "still.quay#1", text = "No boat." }\n'
        'review.notes.bbbb = { on = "still.quay#1", text = "There is.", reply_to = "aaaa" }\n',
    )
    notes = parse_notes(film.read("manifests/review.toml"))
    assert film.run("validate").code == 0
    assert notes.without_note("aaaa").notes == () and len(notes.without_note("bbbb").notes) == 1


def test_an_exported_page_holds_stills_and_what_they_were_made_from(
    browser: Browser, film: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("sent") / "page"
    answer = film.run("review", "--html", str(out), "--cut", "reel")
    assert answer.code == 0, answer.err
    tab = browser.new_context().new_page()
    complaints = gone_wrong(tab)
    tab.goto(f"file://{out}/index.html#/clip/still.quay")
    until(tab, BOTH_SEEN)
    until(tab, "document.querySelector('.reference img')?.naturalWidth > 0")
    assert complaints == []
    tab.context.close()


def test_only_stills_of_the_library_are_served(film: Studio) -> None:
    picture(film.root / "secret.png", 3)
    with film.page() as page:
        client = Client(page)
        client.open(page.url)
        graph = film.project.graph(film.project.library())
        with film.store() as store:
            asset = store.records([graph.keys["still.quay#1"]])[graph.keys["still.quay#1"]].asset
        status, headers, body = client.ask(f"/picture/{asset}")
        assert (status, headers["content-type"], body[1:4]) == (200, "image/png", b"PNG")
        assert Client(page).ask(f"/picture/{asset}")[0] in (401, 403)
        for name in ("0" * 64, "..%2F..%2Fsecret.png", "%2e%2e", "secret.png"):
            assert client.ask(f"/picture/{name}")[0] == 404
