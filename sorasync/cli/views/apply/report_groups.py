"""Groups what is not done after an apply by cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sorasync.apply.report import End, Outcome, Report
from sorasync.text import and_more

_FEW = 3


@dataclass(slots=True)
class Alike:
    """Changes of which the same is to be said, and those that wait for one of them, in plan order."""

    outcomes: list[Outcome] = field(default_factory=list)
    waiting: list[Outcome] = field(default_factory=list)

    @property
    def parts(self) -> Iterator[list[Outcome]]:
        """What gets a line each: one change a part while they are few, else all in one."""
        if len(self.outcomes) > _FEW:
            yield self.outcomes
        else:
            yield from ([outcome] for outcome in self.outcomes)

    @property
    def causes(self) -> list[str]:
        """The labels of the changes waited for, each once."""
        return list(dict.fromkeys(outcome.cause for outcome in self.waiting if outcome.cause))


def alike(report: Report) -> list[Alike]:
    """Every outcome that is not done, in the order in which each kind of end comes first in the plan."""
    groups: dict[tuple[End, str], Alike] = {}
    of_label: dict[str, Alike] = {}
    ends = [outcome for outcome in report.outcomes if outcome.end is not End.DONE]
    for outcome in ends:
        if not outcome.cause:
            group = groups.setdefault((outcome.end, outcome.message), Alike())
            group.outcomes.append(outcome)
            of_label[outcome.label] = group
    for outcome in ends:
        if outcome.cause:
            group = of_label.get(outcome.cause) or groups.setdefault((outcome.end, ""), Alike())
            group.waiting.append(outcome)
    return list(groups.values())


def few(labels: Sequence[str], show: Callable[[str], str] = str) -> str:
    """The first labels, and how many there are besides."""
    return and_more([show(label) for label in labels], _FEW)


def next_step(part: Sequence[Outcome]) -> str | None:
    """What to type next: the first one's command, marked as an example if the others differ."""
    first = part[0].next
    same = all(outcome.next == first for outcome in part)
    return first if same or first is None else f"{first}, and likewise for the others"
