"""What watch mode shows on a terminal: lines that fit its size. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.cli.app.failure import one_line, printable
from sorasync.cli.views.plan.plan_text import cost_line, counts_and_cost, diff_text
from sorasync.cli.watch.change_rows import plan_rows
from sorasync.cli.watch.fault_rows import fault_lines
from sorasync.graph.address import owner
from sorasync.manifest.library import ClipSpec
from sorasync.plan.cost import money
from sorasync.plan.plan import Plan
from sorasync.plan.word_diff import shortened, word_diff
from sorasync.text import and_more, counted
from sorasync.watch.watch_loop import View, prompts, step_cost

if TYPE_CHECKING:
    from rich.console import Console

KEYS = (
    "a apply  s selected only  f free  d drafts  o open  p pick  r refresh  ? keys  q quit",
    "a apply  s selected  f free  d drafts  o open  p pick  ? keys  q quit",
    "a apply  d drafts  o open  ? keys  q quit",
    "a apply d draft o open ? keys q quit",
    "a d o p ? q",
)
KEY_LIST = (
    ("a", "apply the plan as shown; asks before money is spent"),
    ("s", "apply only the selected clip, with what it waits for"),
    ("f", "apply only what is free"),
    ("d", "draw drafts of the clips just edited, or of all that are planned"),
    ("o", "open the selected clip's draft or video, whichever is newer"),
    ("p", "pick a take of the selected clip, else of the first that waits for one"),
    ("r", "refresh: ask the provider about renders in flight"),
    ("↑ ↓ k j", "select a change; its changed words are shown"),
    ("?", "show or hide this list"),
    ("q", "quit; renders in flight continue at the provider"),
)
LEAVING = "quitting … Ctrl-C: quit at once"
_MOST_ROWS_AT_WORK = 4
_MOST_DIFF = 5
_LEAST_PLAN = 3
# Windows with fewer lines have no empty ones.
_LOW = 16
_ENDED = frozenset({Moment.DONE, Moment.FAILED, Moment.BLOCKED, Moment.PENDING})


@dataclass
class ScreenState:
    """Everything on the screen beside the view. `selected` counts the plan's changes from 0."""

    title: str = ""
    selected: int = 0
    question: str = ""
    messages: list[str] = field(default_factory=list)
    doing: str = ""
    leaving: bool = False
    keys_listed: bool = False
    at_work: dict[str, ChangeEvent] = field(default_factory=dict)

    def note(self, event: ChangeEvent) -> None:
        """Take an event of an apply in."""
        if event.moment in _ENDED:
            self.at_work.pop(event.label, None)
        else:
            self.at_work[event.label] = event


def compose(view: View, scene: ScreenState, console: Console) -> Text:
    """The screen, at most as wide and high as the console is."""
    width, height = console.size
    head = [_header(view, scene, width)]
    foot = _footer(scene, console)
    if scene.keys_listed:
        return _page([*head, *_key_list(console)], foot, width, height)
    room = max(0, height - len(head) - len(foot))
    sums = _sums(view, console)
    if height < _LOW:
        sums = [line for line in sums if line.plain]
    faults = fault_lines(view, _fault_room(view, room, len(sums)), console)
    room -= len(faults)
    diff = _diff(view, scene.selected, width, console)[: max(0, min(_MOST_DIFF + 1, room - _LEAST_PLAN - 3))]
    sums = sums[: max(0, room - len(diff) - 1)]
    rows = _change_rows(view, scene.selected, room - len(diff) - len(sums), width)
    return _page([*head, *faults, *rows, *diff, *sums], foot, width, height)


def _page(body: list[Text], foot: list[Text], width: int, height: int) -> Text:
    """The lines with the foot at the bottom of the window, cut to its size."""
    body = body[: max(0, height - len(foot))]
    empty = [Text()] * (height - len(body) - len(foot))
    lines = [*body, *empty, *foot][:height]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n", no_wrap=True, end="").join(lines)


def _key_list(console: Console) -> list[Text]:
    return [line for key, does in KEY_LIST for line in _folded(f"  {key:<8}{does}", console)]


def _fault_room(view: View, room: int, sums: int) -> int:
    """The lines that faults may take: warnings leave most of the window to the plan, errors need not."""
    if view.error is None:
        return room // 3 if room >= _LOW - 4 else 0
    return max(room // 2, room - _LEAST_PLAN - sums) if view.plan else room


def _header(view: View, scene: ScreenState, width: int) -> Text:
    left = Text(f" {one_line(scene.title)} ", style="bold reverse")
    asked = "" if not view.online else ", provider asked"
    right = Text(f"planned in {view.seconds * 1000:.0f} ms{asked} ", style="dim")
    gap = width - left.cell_len - right.cell_len
    return Text.assemble(left, " " * gap, right) if gap > 0 else left


def _change_rows(view: View, selected: int, most: int, width: int) -> list[Text]:
    rows = plan_rows(view.plan.changes, selected, most, width) if view.plan else []
    if view.error is not None:
        for row in rows:
            row.stylize("dim")
    return rows


def _diff(view: View, selected: int, width: int, console: Console) -> list[Text]:
    """The words that changed in the prompt of the selected clip, which is the one just edited at first."""
    found = _changed_prompt(view, selected) if view.error is None else None
    if found is None:
        return []
    label, against, before, after = found
    text = _styled(diff_text(shortened(word_diff(before, after))))
    lines = list(text.wrap(console, max(20, width - 4), no_wrap=False))
    head = Text(f"{one_line(label)}, words changed since {against}:", style="bold")
    body = _first_lines([Text.assemble("    ", line) for line in lines], _MOST_DIFF, "more lines")
    return [head, *body]


def _changed_prompt(view: View, selected: int) -> tuple[str, str, str, str] | None:
    """Whose prompt, since when, and the two texts."""
    if view.planned is None or selected >= len(view.planned.plan.changes):
        return None
    address = owner(view.planned.plan.changes[selected].address)
    for change in view.planned.plan.by_owner.get(address, ()):
        for one in change.fields:
            if one.name == "prompt" and isinstance(one.before, str) and isinstance(one.after, str):
                return change.label, "it was rendered", one.before, one.after
    clips: Mapping[str, ClipSpec] = view.planned.library.clips
    name = address.removeprefix("clip.")
    after = prompts(clips[name]) if name in clips else ""
    if name in view.before and view.before[name].split() != after.split():
        return address, "the save before", view.before[name], after
    return None


def _sums(view: View, console: Console) -> list[Text]:
    plan = view.plan
    if plan is None:
        return []
    lines = [*_waiting_lines(plan), *counts_and_cost(plan)]
    if view.error is None:
        lines += _next_step(view, plan)
    found = [part for line in lines for part in _folded(line, console)]
    if view.error is not None:
        for line in found:
            line.stylize("dim")
    return [Text(), *found]


def _waiting_lines(plan: Plan) -> list[str]:
    """The clips that wait for a pick."""
    labels = list(dict.fromkeys(one.clip for one in plan.waiting))
    if not labels:
        return []
    return [f"Waiting for a pick: {_some(labels)} (sorasync pick CLIP TAKE)."]


def _some(names: Sequence[str]) -> str:
    return one_line(and_more(names, 3))


def _next_step(view: View, plan: Plan) -> list[str]:
    step = step_cost(plan, view.edited)
    if step.empty or len(step.changes) == len(plan.changes):
        return []
    cost = money(step.cost.known_usd) if not step.cost.unknown else str(step.cost)
    would = "would cost" if plan.simulated else "costs"
    return [f"This edit ({_some(view.edited)}) {would} {cost} ({step.seconds} s)."]


def _footer(scene: ScreenState, console: Console) -> list[Text]:
    width, height = console.size
    said = [part for message in scene.messages for part in _folded(_one_line_of(message), console)]
    lines = _last(said, max(2, height // 4))
    if scene.doing:
        rows = list(scene.at_work.values())
        lines.append(Text(f"{scene.doing} … {len(rows)} in progress", style="cyan"))
        lines += [_at_work(event, width) for event in rows[: min(_MOST_ROWS_AT_WORK, height // 6)]]
    if scene.question:
        lines += _folded(one_line(scene.question), console, style="bold")
    else:
        lines.append(Text(LEAVING if scene.leaving else _keys(width), style="dim"))
    return lines


def _keys(width: int) -> str:
    """The keys, as fully as they fit."""
    return next((keys for keys in KEYS if len(keys) <= width), KEYS[-1])


def _last(lines: list[Text], most: int) -> list[Text]:
    """The last lines, which say how it ended. Earlier ones are counted."""
    if len(lines) <= most:
        return lines
    kept = lines[len(lines) - most + 1 :]
    return [Text(f"… {counted(len(lines) - len(kept), 'line')} before", style="dim"), *kept]


def _at_work(event: ChangeEvent, width: int) -> Text:
    cells = min(20, width - 50)
    full = (event.progress or 0) * cells // 100
    bar = f" [{'█' * full}{'·' * (cells - full)}]" if cells > 0 else ""
    bar = f"{bar} {event.progress:>3}%" if event.progress is not None else ""
    return Text(f"  {one_line(event.label)}  {event.moment.value}{bar}")


def closing(view: View) -> list[str]:
    """What stays on the terminal when the screen is gone."""
    if view.plan is None or view.plan.empty:
        return list(counts_and_cost(view.plan)) if view.plan else []
    count = len(view.plan.changes)
    return [f"{counted(count, 'change')} planned. {cost_line(view.plan)}"]


def _one_line_of(text: str) -> str:
    """The text on one line; colours stay."""
    return " ".join(printable(text).split("\n"))


def _styled(text: str) -> Text:
    return Text.from_ansi(printable(text), no_wrap=True)


def _folded(text: str, console: Console, *, style: str = "") -> list[Text]:
    """The text in lines of the console's width, all but the first indented."""
    line = _styled(text)
    line.stylize(style)
    if line.cell_len <= console.width:
        return [line]
    first, *rest = line.wrap(console, console.width - 2, no_wrap=False)
    return [first, *(Text.assemble("  ", one) for one in rest)]


def _first_lines(lines: Iterable[Text], most: int, rest: str) -> list[Text]:
    """The first lines, and how many there are more."""
    found = list(lines)
    if len(found) <= most:
        return found
    kept = max(0, most - 1)
    return [*found[:kept], Text(f"  … {len(found) - kept} {rest}", style="dim")][: max(0, most)]
