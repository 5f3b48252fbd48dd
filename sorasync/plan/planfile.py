"""Saved plans: a plan in a file, to be applied later unchanged."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.graph.render import Render
from sorasync.library_file import open_file, unreadable
from sorasync.plan.change import Change
from sorasync.plan.plan import Plan
from sorasync.plan.stale import PlanStale

FORMAT = 2
# A million clips take a gigabyte and a half. It is read line by line: what one may have is bounded as well.
_LARGEST = 8 << 30
_LONGEST_LINE = 512 << 20


class PlanFileError(SorasyncError):
    """The file is not a plan that this version can apply."""


def encode(plan: Plan) -> Iterator[bytes]:
    """The plan as JSON with a line for each change, and a digest of the lines before it at the end.

    What a change leaves at its default is not in its line: of a plain create that is a third of it.
    The digest also covers what is sent, which the token covers only through keys.
    """
    from pydantic import TypeAdapter

    adapter = TypeAdapter(Change)
    digest = hashlib.sha256()
    for line in _plan_lines(plan, adapter.dump_json):
        digest.update(line)
        yield line
    yield f'"sha256": "{digest.hexdigest()}"}}\n'.encode()


def _plan_lines(plan: Plan, dump: Callable[..., bytes]) -> Iterator[bytes]:
    from pydantic import TypeAdapter

    lasting = replace(plan, changes=(), allowances=(), relinks=(), notices=(), refusals=())
    about = TypeAdapter(Plan).dump_python(lasting, mode="json")
    del about["changes"]
    head = json.dumps({"sorasync_plan": FORMAT, "token": plan.token, "plan": about})
    yield f'{head[:-1]}, "changes": [\n'.encode()
    last = len(plan.changes) - 1
    for place, change in enumerate(plan.changes):
        yield dump(_without_row(change), exclude_defaults=True) + (b",\n" if place < last else b"\n")
    yield b"],\n"


def _without_row(change: Change) -> Change:
    """A change without what a row says: files of plans are kept and passed on."""
    if change.render is None or not change.render.private:
        return change
    bare = replace(change.render, prompt="", params={}, file=None, last_file=None)
    return replace(change, render=bare)


def with_rows(plan: Plan, renders: Mapping[str, Render]) -> Plan:
    """A plan that was read from a file with what is sent for rows, as the library has it now.

    Raises `PlanStale` where a row is another one by now, or gone.
    """
    gone = [
        f"the row of {change.label} has changed, or is gone"
        for change in plan.changes
        if _is_without_row(change)
        and (change.address not in renders or renders[change.address].key != change.key)
    ]
    if gone:
        raise PlanStale(gone)
    return replace(plan, changes=tuple(_with_row(change, renders) for change in plan.changes))


def _with_row(change: Change, renders: Mapping[str, Render]) -> Change:
    if change.render is None or not _is_without_row(change):
        return change
    row = renders[change.address]
    whole = replace(
        change.render, prompt=row.prompt, params=row.params, file=row.file, last_file=row.last_file
    )
    return replace(change, render=whole)


def _is_without_row(change: Change) -> bool:
    return change.render is not None and change.render.private and not change.render.prompt


def decode(lines: Iterable[bytes]) -> Plan:
    """Read what `encode` gave. Raises `PlanFileError` for anything else, and for a plan that was edited."""
    from pydantic import ValidationError

    rest = iter(lines)
    first = next(rest, b"")
    number = _FORMAT.match(first if len(first) > 2 else first + next(rest, b""))
    if number is None:
        raise PlanFileError("this is not a plan file", hint="make one with sorasync plan --out FILE")
    if int(number[1]) != FORMAT:
        raise PlanFileError(
            f"the plan has format {int(number[1])}, this version reads {FORMAT}", hint="make a new plan"
        )
    try:
        plan, token, whole = _read_plan(first, rest)
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError, RecursionError) as error:
        raise PlanFileError("the plan file is damaged", hint="make a new plan") from error
    if not whole or plan.token != token:
        raise PlanFileError("the plan file was changed after it was made", hint="make a new plan")
    return plan


_FORMAT = re.compile(rb'\{\s*"sorasync_plan":\s*(\d{1,9})\b')


def _read_plan(first: bytes, rest: Iterator[bytes]) -> tuple[Plan, object, bool]:
    """The plan, the token it was given, and whether the lines are those that were written."""
    from pydantic import TypeAdapter

    change = TypeAdapter(Change)
    head = json.loads(first + b"]}")
    plan = TypeAdapter(Plan).validate_python(head["plan"] | {"changes": ()})
    digest = hashlib.sha256(first)
    changes = []
    for line in rest:
        digest.update(line)
        if line.startswith(b"]"):
            break
        changes.append(change.validate_json(line.rstrip(b",\n")))
    end = json.loads(b"{" + next(rest, b""))
    return replace(plan, changes=tuple(changes)), head["token"], end["sha256"] == digest.hexdigest()


def load(path: Path) -> Plan:
    """Read a plan file. Raises `PlanFileError`."""
    try:
        with open_file(path, within=None, largest=_LARGEST) as file:
            return decode(iter(partial(file.readline, _LONGEST_LINE), b""))
    except PlanFileError as error:
        raise PlanFileError(f"{path}: {error.message}", hint=error.hint) from error
    except FileNotFoundError as error:
        what = unreadable(f"the plan file {path}", error)
        raise PlanFileError(what, hint="make one with sorasync plan --out FILE") from error
    except OSError as error:
        raise PlanFileError(unreadable(f"the plan file {path}", error)) from error
