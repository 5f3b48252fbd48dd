"""The page as a person uses it, in Chromium."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from sorasync.preview.serve import running as preview_server
from sorasync.preview.settings import PreviewSettings
from sorasync.review.notes_file import parse_notes
from sorasync.state.record import Status
from tests.cli.kit import CONFIG
from tests.cuts.kit import picture, stored
from tests.review.playback_meters import DRIFT, SCROLL
from tests.review.studio import FPS, MANIFEST, Studio, opened, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

# Where each of the page's own screens is.
SCREENS = ("#/", "#/clip/market", "#/clip/todo", "#/clip/still.quay", "#/cuts", "#/plan")
# A still to choose, and a cut, with a note that was answered.
MORE = """
[stills.quay]
prompt = "A quay at dawn."
takes = 2
gate = true
[cuts.reel]
events = [{ clip = "harbour" }, { still = "quay", length = 2 }, { gap = 1 }]
"""
# What a cut shows at each turn: the name of the event, and the videos on the screen in sight and behind it.
NOTE_EVENTS = """() => {
  window.seen = [];
  const screens = () => [...document.querySelectorAll(".screen")];
  new MutationObserver(() => seen.push({
    now: document.querySelector(".event.now .event-name")?.innerText ?? "",
    shown: screens().find((screen) => !screen.hidden)?.src,
    coming: screens().find((screen) => screen.hidden)?.src,
  })).observe(document.querySelector(".strip"), { subtree: true, attributeFilter: ["class"] });
}"""


def gone_wrong(tab: Page) -> list[str]:
    """Collects what the scripts of a page complain about."""
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return complaints


def test_the_overview_shows_every_clip_with_status_price_and_what_waits(
    browser: Browser, film: Studio
) -> None:
    matrix = '[clips.promo]\nprompt = "A {{ mood }} street."\nmatrix = { mood = ["rainy", "sunny"] }\n'
    film.write("manifests/b.toml", matrix)
    with film.page() as page:
        tab = opened(browser, page)
        names = ["harbour", "market", "souk", "todo", "promo", "promo"]
        assert sorted(tab.locator(".card .name").all_inner_texts()) == sorted(names)
        assert [
            tab.locator(".card", has_text="promo").nth(at).locator(".one-line").inner_text() for at in (0, 1)
        ] == ["rainy", "sunny"]
        market = tab.locator(".card", has_text="market").inner_text()
        assert "choose a take" in market and "3 takes" in market and "then +$0.40" in market
        todo = tab.locator(".card", has_text="todo").inner_text()
        assert "to do" in todo and "+$0.40" in todo and "no video yet" in todo
        tab.get_by_label("Show").select_option("choose")
        assert sorted(tab.locator(".card .name").all_inner_texts()) == ["market", "souk"]
        tab.get_by_label("Show").select_option("")
        tab.get_by_role("button", name="2 to choose").click()
        assert sorted(tab.locator(".card .name").all_inner_texts()) == ["market", "souk"]
        tab.get_by_label("Show").select_option("")
        tab.get_by_label("Search clips").fill("lighthouse")
        assert tab.locator(".card .name").all_inner_texts() == ["todo"]
        tab.get_by_label("Search clips").fill("")
        tab.get_by_label("Tag").select_option("act1")
        assert tab.locator(".card .name").all_inner_texts() == ["market"]
        tab.context.close()


def test_a_thumbnail_plays_under_the_pointer(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        tab.locator(".card", has_text="harbour").hover()
        until(tab, "document.querySelector('.card video')?.currentTime > 0.2")
        tab.mouse.move(2, 2)
        until(tab, "!document.querySelector('.card video')")
        tab.context.close()


def test_a_pick_by_key_says_its_price_and_becomes_a_diff(browser: Browser, film: Studio) -> None:
    git(film, "init", "-q")
    git(film, "add", "-A")
    git(film, "commit", "-qm", "all")
    with film.page() as page:
        tab = opened(browser, page, "#/clip/market")
        tab.locator(".pane").nth(2).wait_for()
        tab.keyboard.press("2")
        dialog = tab.locator("dialog")
        dialog.wait_for()
        # The step that waits for the pick, beside the clip that was to do anyway.
        assert "2 changes and cost $0.80" in dialog.inner_text()
        assert "now it costs $0.40" in dialog.inner_text()
        assert not (film.root / "manifests/picks.toml").exists()
        tab.keyboard.press("Enter")
        tab.locator(".stage", has_text="picked").first.wait_for()
        assert "market = 2" in film.read("manifests/picks.toml")
        tab.keyboard.press("d")
        shown = tab.locator("pre.diff")
        shown.wait_for()
        assert "+market = 2" in shown.inner_text()
        tab.keyboard.press("Escape")
        assert "market = 2" in git(film, "diff", "--no-index", "/dev/null", "manifests/picks.toml", code=1)
        tab.keyboard.press("u")
        tab.get_by_text("Undone").wait_for()
        assert not (film.root / "manifests/picks.toml").exists()
        tab.context.close()


def test_a_pick_that_costs_nothing_is_written_at_once(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        tab.keyboard.press("1")
        tab.locator(".toast", has_text="Take 1 is picked").wait_for()
        assert "souk = 1" in film.read("manifests/picks.toml")
        tab.keyboard.press("0")
        tab.locator(".toast", has_text="No take is picked").wait_for()
        assert "souk" not in film.read("manifests/picks.toml").partition("[picks]")[2]
        tab.context.close()


def test_a_take_is_rejected_with_a_reason(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        tab.keyboard.press("x")
        tab.get_by_label("Reason").fill('Six fingers, and "he" blinks <b>\nتوهج')
        tab.get_by_role("button", name="Reject", exact=True).click()
        tab.locator(".pane .stage", has_text="rejected").wait_for()
        found = parse_notes(film.read("manifests/review.toml")).rejected
        assert [(one.on, one.reason) for one in found] == [
            ("clip.souk#1", 'Six fingers, and "he" blinks <b>\nتوهج')
        ]
        assert film.run("validate").code == 0
        tab.keyboard.press("x")
        tab.locator(".toast", has_text="is undone").wait_for()
        assert parse_notes(film.read("manifests/review.toml")).rejected == ()
        # A telephone has no keys.
        tab.get_by_role("button", name="Reject Take 2").click()
        tab.get_by_label("Reason").fill("Too dark.")
        tab.get_by_role("button", name="Reject", exact=True).click()
        tab.get_by_role("button", name="Take back the rejection of Take 2").wait_for()
        (one,) = parse_notes(film.read("manifests/review.toml")).rejected
        assert (one.on, one.reason) == ("clip.souk#2", "Too dark.")
        tab.context.close()


def test_a_note_is_drawn_at_a_frame_and_shown_there_again(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/harbour")
        until(tab, "document.querySelector('.frame video')?.readyState >= 2")
        for _ in range(7):
            tab.keyboard.press(".")
        tab.keyboard.press("n")
        tab.get_by_label("Note", exact=True).fill("The mast bends.")
        box = tab.locator(".overlay").bounding_box()
        assert box is not None
        tab.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.2)
        tab.mouse.down()
        tab.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.6)
        tab.mouse.up()
        tab.get_by_role("button", name="Save note").click()
        tab.locator(".notes li", has_text="The mast bends.").wait_for()
        (note,) = parse_notes(film.read("manifests/review.toml")).notes
        assert (note.on, note.frame) == ("clip.harbour#1", 7)
        assert list(note.box or ()) == pytest.approx([0.25, 0.2, 0.75, 0.6], abs=0.01)
        tab.keyboard.press("Home")
        until(tab, "document.querySelectorAll('.overlay rect').length === 0")
        tab.locator(".notes .link").click()
        until(tab, "document.querySelectorAll('.overlay rect').length === 1")
        assert "frame 7 of" in tab.locator(".time").inner_text()
        tab.get_by_role("button", name="Settle").click()
        tab.locator(".notes li.done").wait_for()
        assert parse_notes(film.read("manifests/review.toml")).notes[0].done
        tab.context.close()


def test_a_note_is_drawn_and_reached_by_keys_alone(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        until(tab, "document.querySelector('.frame video')?.readyState >= 2")
        tab.keyboard.press("t")
        tab.keyboard.press("n")
        tab.keyboard.type("Look there.")
        tab.keyboard.press("Tab")
        tab.keyboard.press("Tab")
        for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Shift+ArrowDown"):
            tab.keyboard.press(key)
        tab.get_by_label("Note", exact=True).press("Control+Enter")
        tab.locator(".notes li", has_text="Look there.").wait_for()
        (note,) = parse_notes(film.read("manifests/review.toml")).notes
        assert (note.on, note.frame, note.box) == ("clip.souk#2", 0, None)
        assert list(note.arrow or ()) == pytest.approx([0.36, 0.4, 0.56, 0.62])
        tab.keyboard.press("l")
        tab.keyboard.press("e")
        assert "frame 0 of" in tab.locator(".time").inner_text()
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.textContent") == "Reply"
        # What somebody else changes leaves the focus where it is.
        noted = film.read("manifests/review.toml")
        film.write("manifests/review.toml", noted.replace("Look there.", "Look here."))
        tab.locator(".notes li", has_text="Look here.").wait_for()
        assert tab.evaluate("document.activeElement.textContent") == "Reply"
        tab.context.close()


def test_changes_arrive_while_one_looks(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        film.write("manifests/b.toml", '[clips.added]\nprompt = "A new one."\n')
        tab.locator(".card", has_text="added").wait_for()
        film.write("manifests/b.toml", "[clips.added]\nprompt = 3\n")
        tab.locator("#banner", has_text="manifests/b.toml:2").wait_for()
        film.write("manifests/b.toml", "")
        until(tab, "document.querySelectorAll('.card').length === 4")
        assert tab.locator("#banner").is_hidden()
        tab.context.close()


def test_a_change_that_arrives_leaves_a_reply_that_was_begun(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        tab.keyboard.press("n")
        tab.get_by_label("Note", exact=True).fill("Too loud.")
        tab.get_by_role("button", name="Save note").click()
        tab.locator(".notes li", has_text="Too loud.").wait_for()
        on_the_way: list[Route] = []
        tab.route("**/api/clip*", lambda route: on_the_way.append(route))
        with tab.expect_request("**/api/clip*"):
            noted = film.read("manifests/review.toml")
            film.write("manifests/review.toml", noted.replace("Too loud.", "Far too loud."))
        tab.get_by_role("button", name="Reply").click()
        reply = tab.get_by_label("Reply", exact=True)
        reply.fill("Only at the end.")
        with tab.expect_response("**/api/clip*"):
            on_the_way.pop().continue_()
        # What the page asks for after it comes after it.
        tab.evaluate("fetch('/api/library').then((answer) => answer.json())")
        assert reply.input_value() == "Only at the end."
        tab.unroute("**/api/clip*")
        tab.get_by_role("button", name="Cancel").click()
        tab.locator(".notes li", has_text="Far too loud.").wait_for()
        tab.context.close()


def test_a_take_that_is_rendered_again_is_shown_at_once(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        source = "document.querySelector('.frame video').getAttribute('src')"
        before = tab.evaluate(source)
        manifest = film.read("manifests/a.toml")
        film.write("manifests/a.toml", manifest.replace("سوق قديم", "An old market"))
        tab.locator(".pane .stage", has_text="earlier").nth(1).wait_for()
        assert tab.evaluate(source) == before
        film.settle(lambda render: not render.address.startswith("clip.todo"))
        until(tab, "!document.querySelector('.pane-label').textContent.includes('earlier')")
        assert tab.evaluate(source) != before and tab.locator(".pane").count() == 2
        tab.context.close()


def test_an_apply_in_progress_is_seen_with_its_bar(browser: Browser, film: Studio) -> None:
    render = film.render("clip.todo#1")
    with film.page() as page:
        tab = opened(browser, page)
        with film.store() as store:
            film.put(store, render, Status.SUBMITTED)
            store.amend(render.key, run=None, progress=35)
        tab.locator(".card", has_text="in flight 35%").wait_for()
        assert tab.locator(".card progress").get_attribute("value") in (None, "35")
        with film.store() as store:
            store.amend(render.key, run=None, progress=80)
        tab.locator(".card", has_text="in flight 80%").wait_for()
        with film.store() as store:
            asset = film.object(store, render.key)
            store.move(render.key, Status.STORED, run=None, asset=asset)
            store.bind("clip.todo#1", render.key, run=None)
        tab.locator(".card", has_text="todo").locator(".stage", has_text="done").wait_for()
        tab.context.close()


def test_two_takes_play_in_step(browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = Studio(tmp_path, capsys, lengths=[22, 21])
    film.write("sorasync.toml", '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n')
    film.write("manifests/a.toml", '[clips.long]\nprompt = "x"\ntakes = 2\n')
    film.settle()
    with film.page() as page:
        tab = opened(browser, page, "#/clip/long")
        until(
            tab,
            "[...document.querySelectorAll('.frame video')].filter((v) => v.readyState >= 3).length === 2",
        )
        # They start apart: what is measured is that they find together and stay there.
        tab.evaluate("document.querySelectorAll('.frame video')[1].currentTime = 0.2")
        tab.get_by_label("Speed").select_option("2")
        tab.keyboard.press(" ")
        drifts: list[float] = tab.evaluate(DRIFT)
        # Times of frames come in whole frames, and a busy machine shows some late: each second is averaged.
        settled = drifts[len(drifts) // 4 :]
        assert len(settled) > 3 * FPS
        seconds = [settled[start : start + FPS] for start in range(0, len(settled) - FPS, FPS)]
        # Left to themselves they stay five frames apart in all of them.
        assert median(abs(sum(second)) / len(second) for second in seconds) < 1 / FPS
        tab.context.close()


def test_frames_loops_and_speed_by_key(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/harbour")
        until(tab, "document.querySelector('.frame video')?.readyState >= 2")
        tab.keyboard.press("l")
        frame = "document.querySelector('.time').textContent.match(/frame (\\d+)/)[1]"
        assert tab.evaluate(frame) == str(FPS)
        tab.keyboard.press(",")
        assert tab.evaluate(frame) == str(FPS - 1)
        tab.keyboard.press("Home")
        tab.keyboard.press("i")
        for _ in range(6):
            tab.keyboard.press(".")
        tab.keyboard.press("o")
        tab.keyboard.press("[")
        assert tab.get_by_label("Speed").input_value() == "0.5"
        # The same by buttons, for who has no keys.
        out = tab.get_by_role("button", name="Out: loop to here")
        assert out.get_attribute("aria-pressed") == "true"
        out.click()
        assert out.get_attribute("aria-pressed") == "false"
        tab.keyboard.press("r")
        assert tab.get_by_role("button", name="Loop", exact=True).get_attribute("aria-pressed") == "false"
        tab.context.close()


def test_a_part_is_played_again_and_again_also_where_chromium_would_stand_still(
    browser: Browser, film: Studio
) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/harbour")
        until(tab, "document.querySelector('.frame video')?.readyState >= 2")
        # One upon the other, and the part is so short that playing it begins with a seek.
        for key in ("Home", "i", *"......", "o", "["):
            tab.keyboard.press(key)
        tab.evaluate(
            "() => { window.turns = 0; document.querySelector('.frame video').addEventListener("
            "'seeked', () => { window.turns += 1; }); }"
        )
        tab.keyboard.press(" ")
        until(tab, "window.turns >= 2")
        assert tab.evaluate("document.querySelector('.frame video').currentTime") < 0.6
        tab.context.close()


def test_two_takes_are_compared_by_wipe_blend_and_difference(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page, "#/clip/souk")
        tab.locator(".pane").nth(1).wait_for()
        seen: list[Any] = []
        for _ in range(3):
            tab.keyboard.press("c")
            names = ("clipPath", "opacity", "mixBlendMode")
            seen.append([tab.evaluate(f"document.querySelector('.on-top').style.{name}") for name in names])
        assert seen == [["inset(0px 0px 0px 50%)", "", ""], ["", "0.5", ""], ["", "", "difference"]]
        gain = tab.get_by_label("Gain")
        tab.keyboard.press("ArrowUp")
        assert gain.input_value() == "5"
        tab.keyboard.press("c")
        assert tab.locator(".pane").count() == 2
        tab.keyboard.press("c")
        box = tab.locator(".stack").bounding_box()
        assert box is not None
        tab.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 40)
        tab.mouse.down()
        tab.mouse.up()
        assert tab.evaluate("document.querySelector('.on-top').style.clipPath") == "inset(0px 0px 0px 25%)"
        tab.keyboard.press("-")
        assert tab.locator(".pane").all_inner_texts() == ["Take 2\nReject"]
        tab.keyboard.press("+")
        assert tab.locator(".pane").count() == 2
        tab.context.close()


def test_earlier_prompts_are_shown_with_their_takes_and_what_changed(browser: Browser, film: Studio) -> None:
    text = film.read("manifests/a.toml")
    film.write("manifests/a.toml", text.replace("at dawn, wide", "at midnight, wide"))
    film.settle()
    with film.page() as page:
        tab = opened(browser, page, "#/clip/harbour")
        tab.get_by_text("Earlier prompts (1)").click()
        assert tab.locator(".revision del").all_inner_texts() == ["dawn,"]
        assert tab.locator(".revision ins").all_inner_texts() == ["midnight,"]
        tab.get_by_label("Show the earlier Take 1").click()
        tab.locator(".pane .stage", has_text="earlier").wait_for()
        assert tab.locator(".pane").count() == 2
        tab.context.close()


def test_a_take_that_fails_a_check_is_marked_and_asked_about(browser: Browser, film: Studio) -> None:
    # Every video of the studio is shorter than what the manifests ask for.
    assert film.run("check", "clip.souk", "--only", "seconds").code == 1
    with film.page() as page:
        tab = opened(browser, page)
        tab.get_by_label("Show").select_option("checks")
        assert tab.locator(".card .name").all_inner_texts() == ["souk"]
        tab.goto(f"http://127.0.0.1:{page.port}/#/clip/souk")
        tab.get_by_text("Checks (2 failed)").wait_for()
        tab.locator(".pane").nth(1).wait_for()
        assert tab.locator(".pane .s-failed").all_inner_texts() == ["fails seconds"] * 2
        assert tab.locator(".take .failing").all_inner_texts() == ["fails seconds"] * 2
        tab.keyboard.press("1")
        tab.locator("dialog .warning", has_text="This take fails a check: seconds").wait_for()
        tab.keyboard.press("Escape")
        assert not (film.root / "manifests/picks.toml").exists()
        tab.context.close()


HOSTILE = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'


def test_hostile_names_and_prompts_stay_text(browser: Browser, film: Studio) -> None:
    prompt = HOSTILE.replace('"', '\\"')
    film.write(
        "manifests/b.toml",
        f'[clips.bad]\nprompt = "{prompt}"\ntags = ["{prompt}"]\ndescription = "{prompt}"\n',
    )
    with film.store() as store:
        film.put(store, film.render("clip.bad#1"), Status.SUBMITTED)
        store.move(film.render("clip.bad#1").key, Status.FAILED, run=None, error_message=HOSTILE)
    with film.page() as page:
        tab = opened(browser, page)
        complaints = gone_wrong(tab)
        for place in ("#/clip/bad", "#/plan", "#/clip/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "#/"):
            tab.goto(f"http://127.0.0.1:{page.port}/{place}")
            tab.wait_for_selector("main *")
        tab.goto(f"http://127.0.0.1:{page.port}/#/clip/bad")
        tab.locator(".prompt", has_text="onerror").wait_for()
        assert tab.evaluate("window.hacked") is None
        assert [one for one in complaints if "Content Security Policy" in one] == []
        tab.context.close()


def test_no_script_or_picture_of_another_site_is_loaded(browser: Browser, film: Studio) -> None:
    with film.page() as page:
        tab = opened(browser, page)
        complaints = gone_wrong(tab)
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        for place in ("#/", "#/clip/souk", "#/plan"):
            tab.goto(f"http://127.0.0.1:{page.port}/{place}")
            tab.reload()
            tab.wait_for_selector("main *")
        assert [url for url in asked if not url.startswith(f"http://127.0.0.1:{page.port}/")] == []
        assert complaints == []
        tab.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_screen_is_accessible(
    browser: Browser, film: Studio, tmp_path: Path, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    film.write("manifests/more.toml", MORE)
    stored(film, "still.quay#1", picture(tmp_path / "one.png", 40))
    stored(film, "still.quay#2", picture(tmp_path / "two.png", 60))
    kept = Path(os.environ.get("SORASYNC_TESTS_SCREENSHOTS", tmp_path))
    with film.page() as page:
        tab = opened(browser, page, width=width)
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for place in SCREENS:
            tab.goto(f"http://127.0.0.1:{page.port}/{place}")
            tab.wait_for_selector("main .card, main .stage-area > *, main .cut, main .empty, main .changes")
            results = Axe().run(tab)
            assert results.violations_count == 0, f"{place}: {results.generate_report()}"
            name = place.strip("#/").replace("/", "-") or "overview"
            tab.screenshot(path=kept / f"{name}-{width}-{scheme}.png")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, place
        tab.keyboard.press("?")
        tab.locator("dialog .keys").wait_for()
        assert tab.evaluate("document.getElementById('dialog').scrollTop") == 0
        results = Axe().run(tab)
        assert results.violations_count == 0, results.generate_report()
        tab.context.close()


def test_a_plan_is_applied_from_the_page(browser: Browser, film: Studio, tmp_path: Path) -> None:
    film.write("manifests/a.toml", '[clips.one]\nprompt = "One."\n')
    film.settle(lambda render: False)
    config = film.read("sorasync.toml")
    with preview_server(PreviewSettings(data=tmp_path / "host", draw=False)) as host:
        film.write("sorasync.toml", f'{config}[provider]\nprofile = "preview"\nbase_url = "{host.url}"\n')
        with film.page() as page:
            tab = opened(browser, page, "#/plan")
            tab.locator(".changes").wait_for()
            assert tab.get_by_role("button", name="Apply this plan").count() == 0
            tab.context.close()
        with film.page(allow_apply=True) as page:
            tab = opened(browser, page, "#/plan")
            tab.locator(".changes").wait_for()
            shown = tab.locator("main").inner_text()
            assert "1 to create, 0 unchanged." in shown
            assert "a provider at these prices would charge $0.40 (4 s)" in shown
            assert "4 s 1280x720 sora-2" in shown and "+$0.40" in shown
            tab.keyboard.press("a")
            tab.locator("dialog[open]").wait_for()
            assert "$0.40" in tab.locator("dialog").inner_text()
            tab.get_by_role("button", name="Apply", exact=True).click()
            tab.get_by_text("The last apply: 1 done").wait_for()
            tab.goto(f"http://127.0.0.1:{page.port}/#/")
            tab.locator(".card", has_text="one").locator(".stage", has_text="done").wait_for()
            tab.context.close()


def test_the_plan_shows_what_is_replaced_and_what_budgets_leave(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Studio(tmp_path, capsys)
    film.write("sorasync.toml", f'{CONFIG}[provider]\nprofile = "openai"\n[budget]\nper_day = 20.0\n')
    film.write("manifests/a.toml", MANIFEST)
    film.settle(lambda render: not render.address.startswith("clip.todo"))
    manifest = film.read("manifests/a.toml")
    film.write("manifests/a.toml", manifest.replace("at dawn, wide", "at noon, wide"))
    with film.page() as page:
        tab = opened(browser, page, "#/plan")
        replaced = tab.locator(".changes li", has_text="clip.harbour")
        until(tab, "document.querySelector('.changes img')?.naturalWidth > 0")
        assert replaced.locator("img").count() == 1
        # The lighthouse is new, so that there is nothing to show for it.
        assert tab.locator(".changes li", has_text="clip.todo").locator("img").count() == 0
        assert "of $20.00, $" in tab.locator(".budget").inner_text()
        assert "clip.market waits for a pick, then costs $0.40" in tab.locator("main").inner_text()
        tab.context.close()


def test_the_next_event_of_a_cut_is_loaded_before_it_is_due(browser: Browser, film: Studio) -> None:
    film.write(
        "manifests/c.toml", '[cuts.reel]\nevents = [{ clip = "harbour" }, { clip = "souk", out = 1 }]\n'
    )
    film.run("pick", "souk", "2")
    with film.page() as page:
        tab = opened(browser, page, "#/cuts")
        tab.evaluate(NOTE_EVENTS)
        tab.keyboard.press(" ")
        until(tab, "seen.at(-1)?.now === ''")
        harbour, souk, _ = tab.evaluate("seen")
        assert (harbour["now"], souk["now"]) == ("harbour", "souk")
        assert harbour["coming"] == souk["shown"] != harbour["shown"]
        # It ended by itself, so the same key begins anew.
        tab.keyboard.press(" ")
        until(tab, "seen.at(-1).now === 'harbour'")
        tab.context.close()


def test_a_cut_goes_on_after_a_video_that_the_browser_cannot_play(browser: Browser, film: Studio) -> None:
    film.write(
        "manifests/c.toml",
        '[cuts.reel]\nevents = [{ clip = "harbour", out = 0.5 }, { clip = "souk", out = 0.5 }]\n',
    )
    film.run("pick", "souk", "2")
    with film.page() as page:
        tab = opened(browser, page, "#/cuts")
        broken = tab.evaluate("Review.library.cuts[0].events[0].video")
        tab.route(f"**/{broken}**", lambda route: route.fulfill(body=b"not a film", content_type="video/mp4"))
        tab.evaluate(NOTE_EVENTS)
        tab.keyboard.press(" ")
        until(tab, "seen.at(-1)?.now === ''")
        assert [event["now"] for event in tab.evaluate("seen")] == ["harbour", "souk", ""]
        tab.context.close()


def test_a_dear_plan_asks_for_its_price_and_enter_sends_it(browser: Browser, film: Studio) -> None:
    film.write("manifests/a.toml", '[clips.one]\nprompt = "One."\ntakes = 2\n')
    film.settle(lambda render: False)
    host = '[provider]\nprofile = "openai"\nbase_url = "http://127.0.0.1:9/v1"\n'
    budget = f"{host}[budget]\nper_day = 3.00\nconfirm_above = 0.10\n"
    film.write("sorasync.toml", film.read("sorasync.toml") + budget)
    with film.page(allow_apply=True) as page:
        tab = opened(browser, page, "#/plan")
        tab.locator(".budget", has_text="Budget today: $0.00 of $3.00").wait_for()
        # There is nothing yet to choose from.
        assert tab.locator("#money").inner_text().split() == ["Spent", "$0.00", "to", "go", "$0.80"]
        tab.keyboard.press("a")
        tab.get_by_label("The amount").fill("0.40")
        tab.keyboard.press("Enter")
        tab.locator(".toast", has_text="That is not what the plan costs; nothing was sent.").wait_for()
        tab.context.close()


def test_an_exported_page_works_from_a_disk_and_its_notes_come_back(
    browser: Browser, film: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("sent") / "page"
    answer = film.run("review", "--html", str(out), "--target", "market", "--target", "souk")
    assert answer.code == 0 and "2 clips, 5 videos" in answer.out
    context = browser.new_context(viewport={"width": 1280, "height": 860}, accept_downloads=True)
    tab = context.new_page()
    complaints = gone_wrong(tab)
    tab.goto(f"file://{out}/index.html#/")
    tab.locator(".card").first.wait_for()
    assert tab.locator(".card .name").all_inner_texts() == ["market", "souk"]
    assert tab.locator("#views a").all_inner_texts() == ["Clips"]
    assert "spent" not in tab.locator("header").inner_text().lower()
    until(tab, "document.querySelector('.card img').naturalWidth > 0")
    tab.goto(f"file://{out}/index.html#/clip/souk")
    until(tab, "document.querySelector('.frame video')?.readyState >= 2")
    tab.keyboard.press("2")
    tab.locator(".stage", has_text="picked").first.wait_for()
    tab.keyboard.press("n")
    tab.get_by_label("Note", exact=True).fill("</script><b>Lovely.")
    tab.get_by_role("button", name="Save note").click()
    tab.locator(".notes li", has_text="Lovely.").wait_for()
    assert "·" not in tab.locator(".notes li").inner_text()
    tab.get_by_role("button", name="Export notes").click()
    tab.get_by_label("Your name").fill("Director")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save the file").click()
    returned = tmp_path_factory.mktemp("back") / "notes.json"
    download.value.save_as(returned)
    assert complaints == []
    context.close()
    answer = film.run("review", "--read", str(returned))
    assert answer.code == 0
    assert "1 note or verdict new" in answer.out and "sorasync pick souk 2" in answer.out
    (note,) = parse_notes(film.read("manifests/review.toml")).notes
    assert (note.on, note.text, note.by) == ("clip.souk#1", "</script><b>Lovely.", "Director")
    assert film.run("review", "--read", str(returned)).out.startswith("0 notes and verdicts new")


def test_five_thousand_clips_scroll(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Studio(tmp_path, capsys)
    film.write("sorasync.toml", '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n')
    lines = "".join(f'[clips.c{number:04}]\nprompt = "Clip {number}."\n' for number in range(5000))
    film.write("manifests/a.toml", lines)
    with film.page() as page:
        tab = opened(browser, page)
        assert "5,000 clips" in tab.locator("#found").inner_text()
        idle, _, _ = tab.evaluate(SCROLL, 0)
        gaps, place, cards = tab.evaluate(SCROLL, 400)
        assert place == 90 * 400
        assert cards < 80
        # A busy machine delays frames whatever the page does: those of a page at rest do not count.
        slow, late = (sum(gap > 50 for gap in found) for found in (gaps, idle))
        assert slow - late < len(gaps) / 2, f"{slow} of {len(gaps)} frames over 50 ms, {late} at rest"
        tab.context.close()


def test_the_clips_of_a_manifest_stand_together_under_its_name(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Studio(tmp_path, capsys)
    film.write("sorasync.toml", '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n')
    for scene, names in {"01-quay": "zed anna", "02-market/night": "bert carl dora"}.items():
        lines = "".join(f'[clips.{name}]\nprompt = "Clip {name}."\n' for name in names.split())
        film.write(f"manifests/{scene}.toml", lines)
    with film.page() as page:
        tab = opened(browser, page)
        assert tab.locator(".grid .scene").all_inner_texts() == [
            "01-quay\n2 clips",
            "02-market/night\n3 clips",
        ]
        tops = {
            card.locator(".name").inner_text(): card.bounding_box()["y"]  # type: ignore[index]
            for card in tab.locator(".card").all()
        }
        assert tops["anna"] == tops["zed"] < tops["bert"] == tops["carl"] == tops["dora"]
        tab.locator(".card").first.focus()
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("ArrowDown")
        assert tab.evaluate("document.activeElement.querySelector('.name').innerText") == "carl"
        tab.keyboard.press("ArrowUp")
        assert tab.evaluate("document.activeElement.querySelector('.name').innerText") == "zed"
        tab.get_by_label("Order").select_option("name")
        assert tab.locator(".grid .scene").count() == 0
        tab.context.close()


def git(film: Studio, *arguments: str, code: int = 0) -> str:
    """Run git in the library."""
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@film.example", *arguments]
    done = subprocess.run(command, cwd=film.root, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_command_says_where_the_page_is_and_stops(film: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    from sorasync.review import serve

    real = serve._Announced.startup

    async def startup(self: Any, sockets: Any = None) -> None:
        await real(self, sockets)
        self.should_exit = True

    monkeypatch.setattr(serve._Announced, "startup", startup)
    answers: list[Any] = []
    thread = threading.Thread(
        target=lambda: answers.append(film.run("review", "--no-browser", "--read-only"))
    )
    thread.start()
    thread.join(60)
    (answer,) = answers
    assert answer.code == 0
    assert "Reviewing film on http://127.0.0.1:" in answer.out
    assert "can see everything, and write nothing" in answer.out
