"""Watch mode on a terminal: one screen, redrawn when something changed, and keys."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.apply.events import ChangeEvent
from sorasync.cli.views.apply.report_text import closing_counts
from sorasync.cli.watch.read_keys import BACKSPACE, DOWN, ENTER, ESCAPE, UP, Keyboard
from sorasync.cli.watch.watch_screen import ScreenState, closing, compose
from sorasync.errors import SorasyncError
from sorasync.graph.address import owner
from sorasync.manifest.library import ClipSpec
from sorasync.manifest.still_spec import StillSpec
from sorasync.operations.pick import picked_address
from sorasync.text import clause
from sorasync.watch.apply_thread import Work, WorkKind
from sorasync.watch.drafts import newest_video
from sorasync.watch.watch_loop import View, Watch

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from sorasync.plan.change import Change
    from sorasync.plan.plan import Plan


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
class SpendQuestion:
    """What is asked before money is spent: yes or no, or the amount to be typed; `agreed` spends it.

    `token` is that of the plan on the screen: with another plan there, the question is withdrawn.
    """

    text: str
    token: str
    amount: str | None
    agreed: Callable[[Watch], None]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class TakeChoice:
    """Which of a clip's takes is to be picked, asked for."""

    clip: str
    takes: int

    @property
    def text(self) -> str:
        """The question."""
        which = "1" if self.takes == 1 else f"1-{self.takes}"
        return f"Pick which take of {picked_address(self.clip)}? {which}, Esc for none"


class Terminal:
    """Draws on a `rich` screen that somebody else opens and closes."""

    def __init__(self, live: Live, console: Console, keyboard: Keyboard, title: str) -> None:
        self.view = View()
        self._live = live
        self._console = console
        self._keyboard = keyboard
        self._scene = ScreenState(title=title)
        self._question: SpendQuestion | None = None
        self._choice: TakeChoice | None = None
        self._just_ended = False
        self._left_off: list[str] = []
        self._actions: dict[str, Callable[[Watch], None]] = {
            "a": self._apply,
            "s": self._apply_selected,
            "p": self._choose_take,
            "?": lambda watch: self._list_keys(),
            "f": lambda watch: watch.start(WorkKind.FREE),
            "d": lambda watch: watch.start(WorkKind.DRAFTS),
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
            self._scene.messages = ["the plan has changed: review it, then press a again"]
        elif not self._scene.doing and not self._just_ended:
            self._scene.messages = []
        self._just_ended = False
        self._draw()

    def began(self, work: Work) -> None:
        """See `Face.began`."""
        words = {WorkKind.ALL: "applying", WorkKind.FREE: "applying what is free", WorkKind.DRAFTS: "drawing"}
        self._scene.messages = []
        self._scene.at_work = {}
        self._scene.doing = words[work.kind]
        self._draw()

    def progress(self, event: ChangeEvent) -> None:
        """See `Face.progress`."""
        self._scene.note(event)
        self._draw()

    def ended(self, work: Work, error: SorasyncError | None) -> None:
        """See `Face.ended`."""
        self._scene.doing = ""
        self._just_ended = True
        self._scene.messages += _end_words(work, error)
        if self._scene.leaving and work.report is not None:
            self._left_off = [closing_counts(work.plan, work.report), "sorasync apply continues from here."]
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
        elif isinstance(message, Key) and self._choice is not None:
            self._pick(self._choice, message.name, watch)
        elif isinstance(message, Key) and self._scene.keys_listed:
            self._scene.keys_listed = False
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
        asked = f"{self._question.text} {self._question.typed}" if self._question else ""
        self._scene.question = self._choice.text if self._choice else asked
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

    def _list_keys(self) -> None:
        self._scene.keys_listed = True

    def _selected(self) -> Change | None:
        changes = self.view.plan.changes if self.view.plan else ()
        return changes[self._scene.selected] if self._scene.selected < len(changes) else None

    def _apply(self, watch: Watch) -> None:
        """Ask where money is at stake, as `sorasync apply` does, and start."""
        plan = self.view.plan
        if plan is None or self.view.error is not None or watch.work is not None:
            watch.start(WorkKind.ALL)
            return
        self._ask(plan, plan.token, watch, lambda watch: watch.start(WorkKind.ALL, plan.token))

    def _apply_selected(self, watch: Watch) -> None:
        """The same for the selected clip alone."""
        plan, change = self.view.plan, self._selected()
        if plan is None or change is None or self.view.error is not None or watch.work is not None:
            watch.start(WorkKind.ALL)
            return
        address = owner(change.address)
        planned = watch.narrowed(address)
        if planned is not None:
            agreed = partial(Watch.start_narrowed, planned=planned, address=address)
            self._ask(planned.plan, plan.token, watch, agreed)

    def _ask(self, plan: Plan, shown: str, watch: Watch, agreed: Callable[[Watch], None]) -> None:
        """Ask before `plan` spends money, otherwise start at once."""
        if plan.simulated or not any(plan.paid()):
            agreed(watch)
            return
        project = watch.project
        assert project is not None
        try:
            project.require_provider(plan.sent_to)
        except SorasyncError as error:
            self.said(f"{clause(error.message)}; nothing was sent")
            return
        limit, cost = project.config.budget.confirm_above, plan.cost
        if limit is not None and cost.known_usd > limit:
            amount = f"{cost.known_usd:.2f}"
            text = f"This spends {cost}. Type {amount} to proceed:"
            self._question = SpendQuestion(text, shown, amount, agreed)
        else:
            self._question = SpendQuestion(f"This spends {cost}. Proceed? [y/N]", shown, None, agreed)

    def _choose_take(self, watch: Watch) -> None:
        """Ask for a take of the selected clip, else of the first that waits for a pick."""
        planned, change = self.view.planned, self._selected()
        if planned is None or self.view.error is not None:
            self.said("cannot pick: fix the error above first")
            return
        names = [owner(change.address)] if change is not None else []
        waiting = [one.clip for one in planned.plan.waiting]
        for address in (*names, *waiting):
            spec = planned.library.spec(address)
            gated = address in waiting
            if isinstance(spec, ClipSpec | StillSpec) and (spec.takes > 1 or gated):
                self._choice = TakeChoice(spec.picked_as, spec.takes)
                return
        self.said("no clip with several takes is selected, and none waits for a pick")

    def _pick(self, choice: TakeChoice, key: str, watch: Watch) -> None:
        self._choice = None
        if key.isdecimal() and 1 <= int(key) <= choice.takes:
            watch.pick(choice.clip, int(key))
        elif key not in (ESCAPE, "q"):
            self.said(f"{picked_address(choice.clip)} has no take {key}; more than nine: sorasync pick")

    def _answer(self, question: SpendQuestion, key: str, watch: Watch) -> None:
        if key in (ESCAPE, "q"):
            self._answered("Nothing was sent.")
        elif question.amount is None:
            self._answered("" if key in "yY" else "Nothing was sent.")
            if key in ("y", "Y"):
                question.agreed(watch)
        elif key == BACKSPACE:
            question.typed = question.typed[:-1]
        elif key != ENTER:
            question.typed += key if len(key) == 1 else ""
        elif question.typed.strip().lstrip("$") == question.amount:
            self._answered()
            question.agreed(watch)
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
        change = self._selected()
        clips = [owner(c.address) for c in (*([change] if change else []), *changes)]
        name = next((clip.removeprefix("clip.") for clip in clips if clip.startswith("clip.")), None)
        planned = self.view.planned
        if name is None or watch.project is None or planned is None:
            self.said("there is no clip to open")
            return
        path, is_draft = newest_video(watch.project, name, planned.graph)
        if path is None:
            self.said(f"clip.{name} has no video yet: d draws one")
            return
        self.said(opened(path, f"the draft of clip.{name}" if is_draft else path.name))


def opened(path: Path, name: str) -> str:
    """Open a file with the system's own program; what to say of it, with `name` for the file."""
    if sys.platform == "win32":
        os.startfile(path)
        return f"opened {name}"
    command = "open" if sys.platform == "darwin" else "xdg-open"
    nowhere = subprocess.DEVNULL
    try:
        subprocess.Popen(
            [command, str(path)], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError:
        return f"{command} is not installed; the file is {path}"
    return f"opened {name}"


def _end_words(work: Work, error: SorasyncError | None) -> list[str]:
    from sorasync.cli.views.apply.report_text import report_text
    from sorasync.cli.views.plan.refusal_text import refusal_text
    from sorasync.manifest.diagnostic import ManifestError
    from sorasync.plan.policy import PlanRefused

    if isinstance(error, PlanRefused):
        return list(refusal_text(error))
    if isinstance(error, ManifestError):
        return [f"error: {error.message}: {error.diagnostics[0].message}"]
    if error is not None:
        return [f"error: {error.message}", *([error.hint] if error.hint else [])]
    return list(report_text(work.plan, work.report, work.project)) if work.report else ["Nothing was sent."]
