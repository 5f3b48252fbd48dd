"""The page in impatient hands: quick keys, late answers, broken videos, clips and servers that come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sorasync.review.serve import Listening
from tests.review.studio import Studio, opened, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

NAMES = "[...document.querySelectorAll('.card .name')].map((name) => name.textContent).join()"


def complaints_of(tab: Page) -> list[str]:
    """What the scripts of a page raise."""
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


class Held:
    """Requests to an address that wait until they are let go."""

    def __init__(self, tab: Page, address: str) -> None:
        self.routes: list[Route] = []
        self._tab = tab
        tab.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def arrived(self, number: int) -> Route:
        """One of them, as soon as it is here."""
        for _ in range(2_000):
            if len(self.routes) > number:
                return self.routes[number]
            self._tab.wait_for_timeout(10)
        seen = "[document.title, document.activeElement.outerHTML, document.body.innerText]"
        pytest.fail(f"request {number} never came: {self._tab.evaluate(seen)}")

    def let_go(self, number: int) -> None:
        """Let one go on, and wait for its answer."""
        route = self.arrived(number)
        with self._tab.expect_response(lambda response: response.request == route.request):
            route.continue_()


def test_the_overview_is_found_again_as_it_was_left(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, width=390)
        tab.set_viewport_size({"width": 390, "height": 400})
        tab.get_by_label("Order").select_option("cost")
        tab.evaluate("scrollTo(0, 300)")
        until(tab, "scrollY === 300")
        tab.evaluate(
            "[...document.querySelectorAll('.card')].find((card) => /souk/.test(card.textContent)).click()"
        )
        tab.locator(".pane").first.wait_for()
        assert tab.evaluate("scrollY") == 0
        tab.keyboard.press("Escape")
        until(tab, "scrollY === 300")
        assert tab.evaluate("document.activeElement.textContent").startswith("souk")
        tab.reload()
        until(tab, "scrollY === 300")
        assert tab.get_by_label("Order").input_value() == "cost"
        tab.context.close()


def test_the_filters_follow_the_library(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        tab.keyboard.press("w")
        until(tab, f"{NAMES} === 'market,souk'")
        film.run("pick", "souk", "2")
        until(tab, f"{NAMES} === 'market'")
        tab.get_by_label("Tag").select_option("act2")
        tab.get_by_text("No clip matches.").wait_for()
        # A tag that is chosen can be chosen again, also where no clip has it any more.
        film.write("manifests/a.toml", film.read("manifests/a.toml").replace("act2", "act3"))
        until(tab, "document.querySelector('[aria-label=Tag]').textContent.includes('act3')")
        assert tab.get_by_label("Tag").input_value() == "act2"
        tab.get_by_role("button", name="Show all clips").click()
        until(tab, "document.querySelectorAll('.card').length === 4")
        tab.context.close()


def test_keys_before_a_clip_is_there_do_nothing(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        complaints = complaints_of(tab)
        held = Held(tab, "**/api/clip*")
        tab.evaluate("location.hash = '#/clip/market'")
        held.arrived(0)
        for key in (*"12xnc+-tse0iop[]r,.jl", " ", "Home", "ArrowUp"):
            tab.keyboard.press(key)
        assert not tab.locator("dialog[open], .note-form").count()
        held.let_go(0)
        tab.locator(".pane").first.wait_for()
        assert complaints == []
        tab.context.close()


def test_of_quick_picks_the_last_one_counts(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/market")
        tab.locator(".pane").first.wait_for()
        held = Held(tab, "**/api/pick-cost*")
        for number, key in enumerate("13"):
            tab.keyboard.press(key)
            held.arrived(number)
        held.let_go(1)
        tab.locator("dialog h2", has_text="Pick take 3 of market?").wait_for()
        held.let_go(0)
        tab.keyboard.press("Enter")
        tab.locator(".toast", has_text="Take 3 is picked").wait_for()
        assert not tab.locator("dialog[open]").count()
        assert "market = 3" in film.read("manifests/picks.toml")
        tab.keyboard.press("9")
        tab.locator(".toast", has_text="There is no take 9").wait_for()
        tab.locator(".pane").nth(1).click()
        tab.keyboard.press("Enter")
        held.let_go(2)
        tab.locator(".toast", has_text="Take 2 is picked").wait_for()
        tab.context.close()


def test_a_dialog_that_comes_late_takes_nothing_away(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        held = Held(tab, "**/api/diff")
        tab.keyboard.press("d")
        held.arrived(0)
        tab.keyboard.press("x")
        tab.get_by_label("Reason").fill("Six fingers.")
        held.let_go(0)
        tab.evaluate("fetch('/api/library').then((answer) => answer.json())")
        assert tab.get_by_label("Reason").input_value() == "Six fingers."
        tab.locator("dialog").get_by_role("button", name="Reject").click()
        tab.locator("dialog h2", has_text="Choices since the last commit").wait_for()
        tab.keyboard.press("Escape")
        tab.locator(".pane .stage", has_text="rejected").wait_for()
        tab.context.close()


def test_a_longer_take_that_is_added_plays_along(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Studio(tmp_path, capsys, lengths=[3, 9])
    film.write("sorasync.toml", '[library]\nname = "film"\n[defaults]\nmodel = "sora-2"\nsize = "1280x720"\n')
    film.write("manifests/a.toml", '[clips.market]\nprompt = "A market."\ntakes = 2\n')
    film.settle(lambda render: True)
    with film.page() as page:
        tab = opened(browser, page, "#/clip/market")
        tab.locator(".pane").nth(1).wait_for()
        until(tab, "[...document.querySelectorAll('.frame video')].every((video) => video.readyState >= 2)")
        longer = tab.evaluate(
            "[...document.querySelectorAll('.frame video')].findIndex((video) => video.duration > 5)"
        )
        for _ in range(longer):
            tab.keyboard.press("t")
        tab.keyboard.press("-")
        tab.keyboard.press(" ")
        until(tab, "document.querySelector('.frame video').currentTime > 0.2")
        tab.keyboard.press("+")
        until(
            tab,
            "document.querySelectorAll('.frame video').length === 2 &&"
            "[...document.querySelectorAll('.frame video')].every((video) => video.currentTime > 0.6)",
        )
        tab.context.close()


def test_a_clip_that_was_taken_out_is_shown_again_when_it_is_back(browser: Browser, film: Studio) -> None:
    manifest = film.read("manifests/a.toml")
    with film.page() as page:
        tab = opened(browser, page, "#/clip/harbour")
        complaints = complaints_of(tab)
        tab.locator(".pane").wait_for()
        film.write("manifests/a.toml", manifest.replace("[clips.harbour]", "[clips.haven]"))
        tab.get_by_text("There is no clip 'harbour'.").wait_for()
        for key in ("x", "n", "1", "c", " "):
            tab.keyboard.press(key)
        assert not tab.locator("dialog[open], .note-form").count()
        film.write("manifests/a.toml", manifest)
        tab.locator(".pane").wait_for()
        assert complaints == []
        tab.context.close()


def test_a_page_says_that_its_server_is_gone_and_goes_on_with_the_next_one(
    browser: Browser, film: Studio
) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        tab.keyboard.press("n")
        note = tab.get_by_label("Note", exact=True)
        note.fill("Too loud.")
    banner = tab.locator("#banner")
    banner.get_by_text("The server does not answer.").wait_for()
    note.press("Control+Enter")
    tab.locator(".toast", has_text="The server does not answer.").wait_for()
    assert note.input_value() == "Too loud." and tab.locator(".pane").count() == 2
    with film.page(listening=Listening(port=page.port)) as again:
        banner.get_by_text("open the address that it printed").wait_for()
        other = tab.context.new_page()
        other.goto(again.url)
        until(tab, "!document.getElementById('banner').textContent.includes('address')")
        note.press("Control+Enter")
        tab.locator(".notes li", has_text="Too loud.").wait_for()
        tab.context.close()


def test_a_video_that_cannot_be_shown_says_so(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        broken = tab.evaluate("Review.library.clips.find((clip) => clip.name === 'harbour').video")
        tab.route(
            f"**/video/{broken}", lambda route: route.fulfill(body=b"no film", content_type="video/mp4")
        )
        tab.evaluate("location.hash = '#/clip/harbour'")
        tab.locator(".frame .broken", has_text="missing, damaged").wait_for()
        tab.keyboard.press(" ")
        tab.get_by_role("button", name="Play", exact=True).wait_for()
        tab.context.close()


def test_a_failed_clip_says_why_there_is_nothing_to_see(browser: Browser, film: Studio) -> None:
    from sorasync.state.record import Status

    with film.store() as store:
        film.put(store, film.render("clip.todo#1"), Status.BLOCKED)
    with film.page() as page:
        tab = opened(browser, page, "#/clip/todo")
        tab.locator(".stage-area", has_text="Blocked.").wait_for()
        tab.context.close()


def test_notes_count_the_frames_of_their_own_take(browser: Browser, film: Studio) -> None:
    def slower(route: Route) -> None:
        clip = route.fetch().json()
        clip["takes"][0]["fps"] = 12
        route.fulfill(body=json.dumps(clip), content_type="application/json")

    with film.page() as page:
        tab = opened(browser, page)
        tab.route("**/api/clip*", slower)
        tab.evaluate("location.hash = '#/clip/souk'")
        tab.locator(".pane").nth(1).wait_for()
        until(tab, "[...document.querySelectorAll('.frame video')].every((video) => video.readyState >= 2)")
        tab.evaluate(
            "document.querySelectorAll('.frame video').forEach((video) => { video.currentTime = 1.01; })"
        )
        # A pause goes to the middle of the leader's frame.
        for frame in (12, 25):
            tab.keyboard.press("n")
            tab.locator(".note-form", has_text=f"frame {frame}").wait_for()
            tab.get_by_label("Note", exact=True).fill(f"At {frame}.")
            tab.get_by_role("button", name="Save note").click()
            tab.locator(".notes li", has_text=f"At {frame}.").wait_for()
            tab.keyboard.press("t")
        tab.keyboard.press("Home")
        for frame in (12, 25):
            tab.locator(".notes li", has_text=f"At {frame}.").locator("button.link").click()
            until(tab, "Math.abs(document.querySelector('.frame video').currentTime - 1.05) < 0.03")
            tab.keyboard.press("Home")
        tab.context.close()


def test_what_one_writes_is_kept_until_it_is_sent_or_dropped(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        note = tab.get_by_label("Note", exact=True)

        def begun() -> str:
            tab.locator(".pane").nth(1).wait_for()
            tab.keyboard.press("n")
            return note.input_value()

        assert begun() == ""
        note.fill("Too loud")
        note.press("Escape")
        assert begun() == "Too loud"
        tab.reload()
        assert begun() == "Too loud"
        tab.get_by_role("button", name="Save note").click()
        tab.locator(".notes li", has_text="Too loud").wait_for()
        assert begun() == ""
        note.fill("No.")
        tab.get_by_role("button", name="Cancel").click()
        assert begun() == ""
        tab.context.close()


@pytest.mark.parametrize("standing", ["seeking", "paused"])
def test_a_video_that_stands_still_is_asked_again(browser: Browser, film: Studio, standing: str) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/harbour")
        until(tab, "document.querySelector('.frame video')?.readyState >= 2")
        tab.evaluate(
            """(standing) => {
              const video = document.querySelector('.frame video'); window.asked = 0;
              Object.defineProperty(video, 'currentTime', { get: () => 0.5, set: () => { asked += 1; } });
              Object.defineProperty(video, standing, { get: () => true });
            }""",
            standing,
        )
        tab.keyboard.press(" ")
        until(tab, "window.asked >= 1")
        tab.context.close()
