"""The errors on watch mode's screen, in the lines available."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from sorasync.cli.app.failure import one_line, printable
from sorasync.cli.terminal.columns import wrapped
from sorasync.cli.views.diagnostics.diagnostic_groups import DiagnosticGroup, grouped
from sorasync.cli.views.diagnostics.diagnostic_text import block_lines, head_lines
from sorasync.manifest.diagnostic import Severity
from sorasync.text import counted
from sorasync.watch.watch_loop import View

if TYPE_CHECKING:
    from rich.console import Console


def fault_lines(view: View, most: int, console: Console) -> list[Text]:
    """Errors first, recently edited clips before others, and what the plan below is.

    Where not everything can be shown in full, the first fault is; where that is too much, there is a sentence
    for each. What is left out is counted.
    """
    note: list[Text] = []
    if view.error is not None:
        broken = "Broken. The last good plan:" if view.plan else "Broken. There is no plan yet."
        note = [Text(broken, style="bold red")]
    if view.error is not None and not view.diagnostics:
        lines = [*wrapped(f"error: {one_line(view.error.message)}", console.width, indent=2)]
        lines += wrapped(f"  {one_line(view.error.hint)}", console.width, indent=2) if view.error.hint else []
        return [*[Text(line, style="red") for line in lines[: most - 1]], *note]
    return [*_fitted(_ordered(view), most - len(note), console), *note]


def _ordered(view: View) -> list[DiagnosticGroup]:
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    edited = {f"clip.{name}" for name in view.edited}
    groups = grouped(view.diagnostics)
    return sorted(groups, key=lambda g: (ranks[g.first.severity], edited.isdisjoint(g.addresses)))


def _fitted(groups: list[DiagnosticGroup], most: int, console: Console) -> list[Text]:
    if not groups or most <= 0:
        return []
    if len(groups) <= most:
        full = [line for group in groups for line in _full(group, console)]
        if len(full) <= most:
            return full
    first = _full(groups[0], console)
    if len(first) + len(groups) - 1 <= most:
        return [*first, *_heads(groups[1:], most - len(first), console)]
    return _heads(groups, most, console)


def _heads(groups: list[DiagnosticGroup], most: int, console: Console) -> list[Text]:
    """A sentence for each fault, and how many there are more."""
    lines: list[Text] = []
    for number, group in enumerate(groups):
        head = _wrapped_lines(head_lines(group, console.width), console)
        last = number == len(groups) - 1
        if len(lines) + len(head) > (most if last else most - 1):
            rest = counted(sum(one.count for one in groups[number:]), "more fault" if lines else "fault")
            room = most - len(lines) - 1
            return [
                *lines,
                *(head[:room] if not lines else []),
                Text(f"  … {rest}: sorasync validate", style="dim"),
            ]
        lines += head
    return lines


def _full(group: DiagnosticGroup, console: Console) -> list[Text]:
    return _wrapped_lines(block_lines(group, console.width), console)


def _wrapped_lines(lines: Iterable[str], console: Console) -> list[Text]:
    """The lines; a word that does not fit, such as a path, is broken."""
    texts = [Text.from_ansi(printable(line)) for line in lines]
    return [
        part
        for text in texts
        for part in (text.wrap(console, console.width) if text.cell_len > console.width else [text])
    ]
