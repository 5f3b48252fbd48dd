"""A plan in Markdown: as the one comment of a pull request, or for a job's summary."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import click

from sorasync.cli.terminal.markdown import code, fenced, folded, table
from sorasync.cli.views.diagnostics.diagnostic_text import counts_text, diagnostics_text
from sorasync.cli.views.drift_output import drift_text
from sorasync.cli.views.plan.plan_text import (
    budget_lines,
    cost_line,
    host_lines,
    no_changes,
    plan_text,
    refusal_lines,
    selected,
)
from sorasync.manifest.diagnostic import Diagnostic, files_at_fault
from sorasync.operations.drift import Drift
from sorasync.plan.change import Change
from sorasync.plan.change_words import counts_line
from sorasync.plan.cost import money
from sorasync.plan.plan import Plan
from sorasync.text import and_more, counted

# Characters of a comment; GitHub refuses more than 65,536.
COMMENT_LIMIT = 60_000
# Characters of a job's summary, of up to four bytes each; GitHub drops one of more than 1 MiB.
SUMMARY_LIMIT = 250_000
_ROWS = 50
_LONGEST = 160
_REFUSAL = 400
_HEAD = ("address", "action", "reason", "seconds", "cost")


@dataclass
class _Paper:
    """Blocks of Markdown that together stay within a limit."""

    limit: int
    blocks: list[str] = field(default_factory=list)
    used: int = 0

    def add(self, block: str, reserve: int = 0) -> bool:
        """Add a block if it fits and leaves `reserve` characters; whether it did."""
        if self.used + len(block) + 2 > self.limit - reserve:
            return False
        self.blocks.append(block)
        self.used += len(block) + 2
        return True

    def __str__(self) -> str:
        return "\n\n".join(self.blocks)


def marker(library: str, env: str | None) -> str:
    """The hidden line by which the comment of a library and environment is found again."""
    name = _word(library) + (f":{_word(env)}" if env else "")
    return f"<!-- sorasync:plan:{name} -->"


def _word(name: str) -> str:
    """A name that can stand in an HTML comment; one that had to be changed ends in a digest of its own."""
    plain = re.sub(r"[^A-Za-z0-9._]+|-{2,}", "-", name).strip("-")
    if plain == name:
        return name
    return f"{plain[:40]}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def plan_comment(plan: Plan, drift: Drift | None = None, failed: Sequence[str] = ()) -> str:
    """The plan as a comment: a hidden marker and the token on lines of their own, then what people read.

    `failed` are lines about the videos that fail a check.
    """
    head = f"{marker(plan.library, plan.env)}\n<!-- sorasync:token:{plan.token} -->"
    paper = _Paper(COMMENT_LIMIT, [head], len(head) + 2)
    return _written(plan, drift, failed, paper, "This comment is updated on every push.")


def plan_summary(plan: Plan, drift: Drift | None = None, failed: Sequence[str] = ()) -> str:
    """The same for a job's summary: no marker, and room for more."""
    return _written(plan, drift, failed, _Paper(SUMMARY_LIMIT), "")


def faults_markdown(diagnostics: list[Diagnostic], library: str, env: str | None, *, comment: bool) -> str:
    """What is shown instead of a plan if the manifests have errors."""
    head = [marker(library, env)] if comment else []
    paper = _Paper(COMMENT_LIMIT if comment else SUMMARY_LIMIT, head, sum(map(len, head)) + 2)
    paper.add(f"**sorasync: no plan, {counts_text(diagnostics)} in {files_at_fault(diagnostics)}**")
    _fit(paper, "Errors and warnings", _warning_blocks(diagnostics), "sorasync validate")
    return str(paper)


def _written(plan: Plan, drift: Drift | None, failed: Sequence[str], paper: _Paper, tail: str) -> str:
    last = " · ".join(filter(None, [_token_line(plan), tail]))
    reserve = len(last) + 200
    paper.add(f"**sorasync: {_headline(plan)}**")
    refused = (code(line, _REFUSAL) for line in refusal_lines(plan))
    noted = (code(text, _REFUSAL) for text in plan.notices)
    for line in (*host_lines(plan), *budget_lines(plan), *refused, *noted, *_where(plan)):
        paper.add(line, reserve)
    if drift is not None:
        _drift(drift, paper, reserve)
    if failed:
        _fit(paper, f"Failed checks: {len(failed):,}", list(failed), "sorasync check", reserve)
    if not plan.empty:
        if plan.changes:
            _dearest_changes(plan, paper, reserve)
        full = list(map(click.unstyle, plan_text(plan)))
        if paper.limit == SUMMARY_LIMIT:
            _fit(paper, "Full plan", full, "sorasync plan", reserve)
        elif not paper.add(folded("Full plan", fenced(full)), reserve):
            paper.add(f"The full plan is too long to show here: {_elsewhere()}.")
    if plan.diagnostics:
        title = counts_text(plan.diagnostics)
        _fit(
            paper,
            title[:1].upper() + title[1:],
            _warning_blocks(plan.diagnostics),
            "sorasync validate",
            reserve,
        )
    paper.add(last)
    return str(paper)


def _drift(drift: Drift, paper: _Paper, reserve: int) -> None:
    """The result of a refresh: totals, and the drift, folded."""
    lines = list(map(click.unstyle, drift_text(drift)))
    items, sums = lines[: len(drift.items)], [line for line in lines[len(drift.items) :] if line]
    paper.add("  \n".join(sums), reserve)
    if items:
        _fit(paper, "What has drifted", items, "sorasync drift", reserve)


def _headline(plan: Plan) -> str:
    if plan.empty:
        return no_changes(plan).rstrip(".").replace("No changes. ", "no changes, ")
    cost = cost_line(plan).removesuffix(".")
    return f"{counts_line(plan)} - {cost[:1].lower()}{cost[1:]}"


def _where(plan: Plan) -> Iterator[str]:
    if plan.partial:
        yield f"A partial plan: {selected(plan)}."
    if plan.waiting:
        shown = and_more([code(waiting.label, _LONGEST) for waiting in plan.waiting], 5)
        yield f"Waiting for a take to be picked: {shown}."


def _dearest_changes(plan: Plan, paper: _Paper, reserve: int) -> None:
    """The most expensive changes that fit; unknown prices come first."""
    ordered = sorted(plan.changes, key=lambda c: (c.cost_usd is not None, -(c.cost_usd or 0)))
    rows = [_change_cells(change) for change in ordered[:_ROWS]]
    room = paper.limit - paper.used - reserve - 300
    lines = table(_HEAD, 2, ())
    kept = 0
    for line in table(_HEAD, 2, rows)[2:]:
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
        kept += 1
    paper.add("\n".join(lines))
    if kept < len(plan.changes):
        paper.add(f"… and {counted(len(plan.changes) - kept, 'more change')} costing no more than these.")


def _change_cells(change: Change) -> tuple[str, ...]:
    seconds = str(change.seconds) if change.seconds else ""
    price = money(change.cost_usd) if change.paid else "free"
    return (
        code(change.label, _LONGEST),
        f"{change.action.mark} {change.word}{f' at {change.host}' if change.host else ''}",
        code(change.reason, _LONGEST),
        seconds,
        price,
    )


def _token_line(plan: Plan) -> str:
    where = f"{plan.provider}, env {plan.env}" if plan.env else plan.provider
    return f"Token `{plan.token}` · state #{plan.serial} · {code(where, _LONGEST)}"


def _warning_blocks(diagnostics: Iterable[Diagnostic]) -> list[str]:
    return list(map(click.unstyle, diagnostics_text(diagnostics)))


def _fit(paper: _Paper, title: str, found: list[str], command: str, reserve: int = 200) -> None:
    """As many blocks as there is room for, folded; `command` shows the rest."""
    room = paper.limit - paper.used - reserve - 400
    kept: list[str] = []
    for block in found:
        room -= len(block) + 1
        if room < 0:
            break
        kept.append(block)
    if len(kept) < len(found):
        kept.append(f"… and {len(found) - len(kept)} more: {command}")
    paper.add(folded(title, fenced(kept)))


def _elsewhere() -> str:
    """Where to read the full plan."""
    found = [os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if all(found):
        return "it is in [the summary of the job]({}/{}/actions/runs/{})".format(*found)
    return "`sorasync plan` shows it"
