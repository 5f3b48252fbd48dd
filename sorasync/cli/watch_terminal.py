"""Watch mode on a terminal: one screen, redrawn when something changed, and keys."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.apply.events import Event
from sorasync.cli.report_text import closing_counts
from sorasync.cli.watch_keys import BACKSPACE, DOWN, ENTER, ESCAPE, UP, Keyboard
from sorasync.cli.watch_screen import Scene, closing, compose
from sorasync.errors import SorasyncError
from sorasync.watch.drafts import draft_project, video_of
from sorasync.watch.watching import View, Watch
from sorasync.watch.working import Kind, Work

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed."""

    name: str


@dataclass(frozen=True, slots=True)
class Resized:
    """The terminal has another size."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """Ctrl-Z was pressed: the terminal belongs to the shell until the program is continued."""


@dataclass(slots=True)
class Question:
    """What is asked before money is spent: yes or no, or the amount to be typed."""

    text: str
    token: str
    amount: str | None
    typed: str = ""


class Terminal:
    """Draws on a `rich` screen that somebody else opens and closes."""

    def __init__(self, live: Live, console: Console, keyboard: Keyboard, title: str) -> None:
        self.view = View()
        self._live = live
        self._console = console
        self._keyboard = keyboard
        self._scene = Scene(title=title)
        self._question: Question | None = None
        self._just_ended = False
        self._left_off: list[str] = []
        self._actions: dict[str, Callable[[Watch], None]] = {
            "a": self._apply,
            "f": lambda watch: watch.start(Kind.FREE),
            "d": lambda watch: watch.start(Kind.DRAFTS),
            "r": self._refresh,
            "o": self._open,
            "q": lambda watch: watch.leave(),
            UP: lambda watch: self._move(-1),
            "k": lambda watch: self._move(-1),
            DOWN: lambda watch: self._move(1),
            "j": lambda watch: self._move(1),
        }

    def planned(self, view: View) -> None:
        """See `Face.planned`."""
        self._select(view)
        self.view = view
        plan = view.plan
        if self._question and (view.error or plan is None or plan.token != self._question.token):
            self._answered()
            self._scene.messages = ["the plan has changed: look at it, and press a again"]
        elif not self._scene.doing and not self._just_ended:
            self._scene.messages = []
        self._just_ended = False
        self._draw()

    def began(self, work: Work) -> None:
        """See `Face.began`."""
        words = {Kind.ALL: "applying", Kind.FREE: "applying what is free", Kind.DRAFTS: "drawing"}
        self._scene.messages = []
        self._scene.at_work = {}
        self._scene.doing = words[work.kind]
        self._draw()

    def progress(self, event: Event) -> None:
        """See `Face.progress`."""
        self._scene.note(event)
        self._draw()

    def ended(self, work: Work, error: SorasyncError | None) -> None:
        """See `Face.ended`."""
        self._scene.doing = ""
        self._just_ended = True
        self._scene.messages += _end_words(work, error)
        if self._scene.leaving and work.report is not None:
            self._left_off = [closing_counts(work.plan, work.report), "sorasync apply goes on from here."]
        if drawn := work.drawn():
            names = ", ".join(path.name for path in drawn[:3]) + (" …" if len(drawn) > 3 else "")
            self._scene.messages.append(f"Drawn: {names}; o opens the selected one.")
        self._draw()

    def said(self, text: str) -> None:
        """See `Face.said`."""
        self._scene.messages.append(text)
        self._draw()

    def leaving(self) -> None:
        """See `Face.leaving`."""
        self._scene.leaving = True
        self._draw()

    def closing(self) -> list[str]:
        """What stays on the terminal when the screen is gone."""
        return self._left_off or closing(self.view)

    def heard(self, message: object, watch: Watch) -> None:
        """Act on a key, a new size, or Ctrl-Z."""
        if isinstance(message, Suspended):
            self._suspend()
        elif isinstance(message, Key) and self._question is not None:
            self._answer(self._question, message.name, watch)
        elif isinstance(message, Key) and (action := self._actions.get(message.name)) is not None:
            action(watch)
        self._draw()

    def _suspend(self) -> None:
        """Give the terminal back as it was, stop, and take it again when continued."""
        self._console.set_alt_screen(False)
        self._console.show_cursor(True)
        self._keyboard.leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._keyboard.enter()
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)

    def _draw(self) -> None:
        self._scene.question = f"{self._question.text} {self._question.typed}" if self._question else ""
        self._live.update(compose(self.view, self._scene, self._console), refresh=True)

    def _select(self, view: View) -> None:
        """Keep the selection on the clip it was on; a clip that was just edited gets it."""
        labels = [change.address.partition("#")[0] for change in view.plan.changes] if view.plan else []
        old = self.view.plan.changes if self.view.plan else ()
        wanted = [f"clip.{name}" for name in view.edited] if view.edited != self.view.edited else []
        if self._scene.selected < len(old):
            wanted.append(old[self._scene.selected].address.partition("#")[0])
        self._scene.selected = next((labels.index(label) for label in wanted if label in labels), 0)

    def _move(self, by: int) -> None:
        count = len(self.view.plan.changes) if self.view.plan else 0
        self._scene.selected = max(0, min(count - 1, self._scene.selected + by))

    def _apply(self, watch: Watch) -> None:
        """Ask where money is at stake, as `sorasync apply` does, and start."""
        plan, project = self.view.plan, watch.project
        if plan is None or project is None or self.view.error is not None or watch.work is not None:
            watch.start(Kind.ALL)
            return
        if plan.simulated or not any(plan.paid()):
            watch.start(Kind.ALL, plan.token)
            return
        try:
            project.require_key()
        except SorasyncError as error:
            self.said(f"{error.message}; nothing was sent")
            return
        limit = project.config.budget.confirm_above
        cost, token = plan.cost, plan.token
        if limit is not None and cost.known_usd > limit:
            amount = f"{cost.known_usd:.2f}"
            self._question = Question(f"This spends {cost}. Type {amount} to go on:", token, amount)
        else:
            self._question = Question(f"This spends {cost}. Go on? [y/N]", token, None)

    def _answer(self, question: Question, key: str, watch: Watch) -> None:
        if key in (ESCAPE, "q"):
            self._answered("Nothing was sent.")
        elif question.amount is None:
            self._answered("" if key in "yY" else "Nothing was sent.")
            if key in ("y", "Y"):
                watch.start(Kind.ALL, question.token)
        elif key == BACKSPACE:
            question.typed = question.typed[:-1]
        elif key != ENTER:
            question.typed += key if len(key) == 1 else ""
        elif question.typed.strip().lstrip("$") == question.amount:
            self._answered()
            watch.start(Kind.ALL, question.token)
        else:
            self._answered("Nothing was sent.")

    def _answered(self, message: str = "") -> None:
        self._question = None
        self._scene.messages = [message] if message else []

    def _refresh(self, watch: Watch) -> None:
        self.said("asking the provider …")
        watch.refresh()

    def _open(self, watch: Watch) -> None:
        """Show the video of the selected clip, or its draft, with the system's own program."""
        changes = self.view.plan.changes if self.view.plan else ()
        clips = [c.address.partition("#")[0] for c in changes if c.address.startswith("clip.")]
        if self._scene.selected < len(changes):
            clips.insert(0, changes[self._scene.selected].address.partition("#")[0])
        if not clips or watch.project is None:
            self.said("there is no clip to open")
            return
        name = clips[0].removeprefix("clip.")
        found = video_of(watch.project, name) or video_of(draft_project(watch.project), name)
        self.said(f"{clips[0]} has no video yet: d draws one" if found is None else opened(found))


def opened(path: Path) -> str:
    """Open a file with the system's own program; what to tell of it."""
    if sys.platform == "win32":
        os.startfile(path)
        return f"opened {path.name}"
    command = "open" if sys.platform == "darwin" else "xdg-open"
    nowhere = subprocess.DEVNULL
    try:
        subprocess.Popen(
            [command, str(path)], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError:
        return f"there is no {command} here; the file is {path}"
    return f"opened {path.name}"


def _end_words(work: Work, error: SorasyncError | None) -> list[str]:
    from sorasync.cli.refusal_text import refusal_text
    from sorasync.cli.report_text import report_text
    from sorasync.manifest.diagnostic import ManifestError
    from sorasync.plan.policy import PlanRefused

    if isinstance(error, PlanRefused):
        return list(refusal_text(error))
    if isinstance(error, ManifestError):
        return [f"error: {error.message}: {error.diagnostics[0].message}"]
    if error is not None:
        return [f"error: {error.message}", *([error.hint] if error.hint else [])]
    return list(report_text(work.plan, work.report, work.project)) if work.report else ["Nothing was sent."]
