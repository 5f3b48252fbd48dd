"""What watch mode shows on a terminal: lines that fit its size. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from sorasync.apply.events import Event, Moment
from sorasync.cli.diagnostic_text import diagnostics_text
from sorasync.cli.failure import one_line, printable
from sorasync.cli.plan_text import change_line, cost_line, counts_and_cost, diff_text, what_text
from sorasync.counted import counted
from sorasync.manifest.diagnostic import Severity
from sorasync.manifest.library import ClipSpec
from sorasync.plan.cost import money
from sorasync.plan.plan import Plan
from sorasync.plan.words import shortened, word_diff
from sorasync.watch.watching import View, prompts, step_cost

if TYPE_CHECKING:
    from rich.console import Console

KEYS = "a apply  f free  d drafts  o open  r refresh  ↑↓ select  q quit"
_MOST_ROWS_AT_WORK = 4
_MOST_DIFF = 5
_LEAST_PLAN = 3
_ENDED = frozenset({Moment.DONE, Moment.FAILED, Moment.BLOCKED, Moment.PENDING})


@dataclass
class Scene:
    """Everything on the screen beside the view. `selected` counts the plan's changes from 0."""

    title: str = ""
    selected: int = 0
    question: str = ""
    messages: list[str] = field(default_factory=list)
    doing: str = ""
    at_work: dict[str, Event] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """Take an event of an apply in."""
        if event.moment in _ENDED:
            self.at_work.pop(event.label, None)
        else:
            self.at_work[event.label] = event


def compose(view: View, scene: Scene, console: Console) -> Text:
    """The screen, at most as wide and high as the console is."""
    width, height = console.size
    head = [_header(view, scene, width)]
    foot = [*_footer(scene, width, height)]
    room = max(0, height - len(head) - len(foot))
    faults = _faults(view, max(room // 2, room - _LEAST_PLAN - 4), width)
    room -= len(faults)
    diff = _diff(view, width, console)[: max(0, min(_MOST_DIFF + 1, room - _LEAST_PLAN - 3))]
    sums = _sums(view)[: max(0, room - len(diff) - 1)]
    rows = _rows(view, scene.selected, room - len(diff) - len(sums), width)
    body = [*faults, *rows, *diff, *sums]
    empty = [Text()] * (height - len(head) - len(foot) - len(body))
    lines = [*head, *body, *empty, *foot][:height]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n", no_wrap=True, end="").join(lines)


def _header(view: View, scene: Scene, width: int) -> Text:
    left = Text(f" {one_line(scene.title)} ", style="bold reverse")
    asked = "" if not view.online else ", provider asked"
    right = Text(f"planned in {view.seconds * 1000:.0f} ms{asked} ", style="dim")
    gap = max(1, width - left.cell_len - right.cell_len)
    return Text.assemble(left, " " * gap, right)


def _faults(view: View, most: int, width: int) -> list[Text]:
    """Diagnostics, errors first, then the note on what the plan below is."""
    lines: list[Text] = []
    if view.error is not None and not view.diagnostics:
        lines = [Text(f"error: {one_line(view.error.message)}", style="red")]
        lines += [Text(f"  {one_line(view.error.hint)}")] if view.error.hint else []
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    ordered = sorted(view.diagnostics, key=lambda found: ranks[found.severity])
    lines += [_styled(line) for block in diagnostics_text(ordered) for line in block.split("\n")]
    note: list[Text] = []
    if view.error is not None:
        broken = "Broken. The last good plan:" if view.plan else "Broken. There is no plan yet."
        note = [Text(broken, style="bold red")]
    return [*_cut(lines, most - len(note), "more lines of diagnostics"), *note]


def _rows(view: View, selected: int, most: int, width: int) -> list[Text]:
    plan = view.plan
    if plan is None or most <= 0:
        return []
    changes = plan.changes
    shown = most - 1 if len(changes) > most else most
    first = max(0, min(selected - shown // 2, len(changes) - shown))
    rows = changes[first : first + max(0, shown)]
    names = min(max((len(change.label) for change in rows), default=0), max(12, width // 3))
    whats = min(max((len(what_text(change)) for change in rows), default=0), max(8, width // 4))
    lines = []
    for number, change in enumerate(rows, first):
        line = _styled(one_line_of(change_line(change, what_text(change), names, whats)))
        line = Text.assemble("› " if number == selected and len(changes) > 1 else "  ", line)
        if view.error is not None:
            line.stylize("dim")
        lines.append(line)
    if len(changes) > len(rows):
        lines.append(Text(f"  … {counted(len(changes) - len(rows), 'more change')}", style="dim"))
    return lines


def _diff(view: View, width: int, console: Console) -> list[Text]:
    """The words that changed in the prompt being edited."""
    found = _edited_prompt(view) if view.error is None else None
    if found is None:
        return []
    label, against, before, after = found
    text = _styled(diff_text(shortened(word_diff(before, after))))
    lines = list(text.wrap(console, max(20, width - 4)))
    head = Text(f"{one_line(label)}, words changed since {against}:", style="bold")
    body = _cut([Text.assemble("    ", line) for line in lines], _MOST_DIFF, "more lines")
    return [head, *body]


def _edited_prompt(view: View) -> tuple[str, str, str, str] | None:
    """Whose prompt, since when, and the two texts."""
    assert view.planned is not None
    clips: Mapping[str, ClipSpec] = view.planned.library.clips
    owners = {f"clip.{name}" for name in view.edited}
    for change in view.planned.plan.changes:
        if change.address.partition("#")[0] in owners:
            for one in change.fields:
                if one.name == "prompt" and isinstance(one.before, str) and isinstance(one.after, str):
                    return change.label, "it was rendered", one.before, one.after
    for name in view.edited:
        after = prompts(clips[name]) if name in clips else ""
        if name in view.before and view.before[name].split() != after.split():
            return f"clip.{name}", "the save before", view.before[name], after
    return None


def _sums(view: View) -> list[Text]:
    plan = view.plan
    if plan is None:
        return []
    lines = [_styled(line) for line in counts_and_cost(plan)]
    if view.error is not None:
        for line in lines:
            line.stylize("dim")
    else:
        lines += _step(view, plan)
    return [Text(), *lines]


def _step(view: View, plan: Plan) -> list[Text]:
    step = step_cost(plan, view.edited)
    if step.empty or len(step.changes) == len(plan.changes):
        return []
    cost = money(step.cost.known_usd) if not step.cost.unknown else str(step.cost)
    names = ", ".join(view.edited[:3]) + (f" and {len(view.edited) - 3} more" if len(view.edited) > 3 else "")
    would = "would cost" if plan.simulated else "costs"
    return [Text(f"This edit ({one_line(names)}) {would} {cost} ({step.seconds} s).")]


def _footer(scene: Scene, width: int, height: int) -> list[Text]:
    lines = [_styled(one_line_of(message)) for message in scene.messages[-max(1, height // 4) :]]
    if scene.doing:
        rows = list(scene.at_work.values())
        lines.append(Text(f"{scene.doing} … {len(rows)} under way", style="cyan"))
        lines += [_at_work(event, width) for event in rows[:_MOST_ROWS_AT_WORK]]
    lines.append(Text(one_line(scene.question), style="bold") if scene.question else Text(KEYS, style="dim"))
    return lines


def _at_work(event: Event, width: int) -> Text:
    cells = max(0, min(20, width - 50))
    full = (event.progress or 0) * cells // 100
    bar = f" [{'█' * full}{'·' * (cells - full)}] {event.progress:>3}%" if event.progress is not None else ""
    return Text(f"  {one_line(event.label)}  {event.moment.value}{bar}")


def closing(view: View) -> list[str]:
    """What stays on the terminal when the screen is gone."""
    if view.plan is None or view.plan.empty:
        return list(counts_and_cost(view.plan)) if view.plan else []
    count = len(view.plan.changes)
    return [f"{counted(count, 'change')} planned. {cost_line(view.plan)}"]


def one_line_of(text: str) -> str:
    """The text on one line; colours stay."""
    return " ".join(printable(text).split("\n"))


def _styled(text: str) -> Text:
    return Text.from_ansi(printable(text), no_wrap=True)


def _cut(lines: Iterable[Text], most: int, rest: str) -> list[Text]:
    """The first lines, and how many there are more."""
    found = list(lines)
    if len(found) <= most:
        return found
    kept = max(0, most - 1)
    return [*found[:kept], Text(f"  … {len(found) - kept} {rest}", style="dim")][: max(0, most)]
