"""One address for people: its values with their places, then each of its renders."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import cells, cut, padded, screen_width
from sorasync.cli.terminal.units import charge_text, moment, size
from sorasync.cli.views.diagnostics.diagnostic_paths import from_here
from sorasync.operations.address_view import AddressView, RenderView
from sorasync.operations.resolved_values import Value, declared_at, values_of
from sorasync.plan.render_text import render_text
from sorasync.state.record import Record
from sorasync.text import shell_word

_WIDEST_VALUE = 60


def show_text(view: AddressView) -> Iterator[str]:
    """All lines."""
    library, owner = view.planned.library, view.found.owner
    at = declared_at(library, owner)
    place = f"{from_here(at.file)}:{at.line}" if at else "not in the manifests, only in the state"
    yield f"{click.style(owner, bold=True)}  {place}"
    if view.found.declared and view.found.whole:
        yield from _values(values_of(library, view.planned.graph, owner))
    node = view.planned.graph.node(view.found.owner)
    if node is not None and node.waits_for:
        yield f"  waits for a pick of {node.waits_for}"
    for render in view.renders:
        yield ""
        yield from _render_lines(render)


def _values(values: list[Value]) -> Iterator[str]:
    names = max((cells(value.name) for value in values), default=0)
    shown = [_value_text(value.value) for value in values]
    places = [f"{from_here(v.place.file)}:{v.place.line}" if v.place else v.note or "" for v in values]
    room = max(20, screen_width() - names - max(map(cells, places), default=0) - 8)
    widest = min(max(map(cells, shown), default=0), _WIDEST_VALUE, room)
    for value, text, place in zip(values, shown, places, strict=True):
        tail = click.style(place, dim=True) if place else ""
        yield f"  {padded(value.name, names)}  {padded(cut(text, widest), widest)}  {tail}".rstrip()


def _value_text(value: object) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _render_lines(view: RenderView) -> Iterator[str]:
    what = f"  {render_text(view.render)}" if view.render else ""
    yield f"{click.style(view.label, bold=True)}  {view.stage.value}{what}"
    rows = [*_wanted(view), *(_recorded(view, view.record) if view.record else ()), *_around(view)]
    for name, text in rows:
        yield f"  {name:<10} {text}"
    if view.checks:
        from sorasync.cli.views.check.check_text import result_lines

        yield "  checks"
        yield from result_lines(view.checks)
    if view.render is not None:
        yield f"  {'prompt':<10} as sent:"
        for line in view.render.prompt.splitlines():
            yield f"      {one_line(line)}".rstrip()


def _wanted(view: RenderView) -> Iterator[tuple[str, str]]:
    if view.render is not None:
        yield "key", view.render.key
        if view.bound is not None and view.bound != view.render.key:
            yield "bound to", f"{view.bound} until the plan is applied"
    elif view.bound is not None:
        yield "key", view.bound
    if view.protected:
        yield "protected", "the state remembers it (sorasync unprotect lifts it)"


def _recorded(view: RenderView, record: Record) -> Iterator[tuple[str, str]]:
    run = f" in run {record.run}" if record.run is not None else ""
    yield "record", f"{record.status.value}, attempt {record.attempts}{run}"
    remote = f", remote id {one_line(record.remote_id)}" if record.remote_id else ""
    yield "provider", one_line(record.provider) + remote
    yield (
        "cost",
        charge_text(record, record.cost_usd)
        if record.attempts or record.cost_usd is not None
        else "nothing: made elsewhere, imported",
    )
    times = (
        ("sent", record.intent_at),
        ("rendered", record.rendered_at),
        ("stored", record.stored_at),
        ("expires", record.expires_at if record.kind != "character" else None),
    )
    for word, at in times:
        if at is not None:
            yield word, moment(at)
    if record.progress and view.file is None and not view.in_bucket:
        yield "progress", f"{record.progress}%"
    if record.error_message or record.error_code:
        code = f" ({one_line(record.error_code)})" if record.error_code else ""
        yield "error", one_line(record.error_message or "no reason given") + code
    if view.file is not None:
        damaged = view.recorded_bytes is not None and view.bytes != view.recorded_bytes
        note = f", damaged: {view.recorded_bytes:,} bytes were stored" if damaged else ""
        hdr = f", HDR ({view.hdr})" if view.hdr else ""
        yield "file", f"{view.file}  {size(view.bytes or 0)}{hdr}{note}"
    elif view.in_bucket:
        yield "file", f"in the bucket; sorasync pull {shell_word(view.label)} fetches it"
    elif record.asset is not None:
        yield "file", "not here"
    if record.mismatch is not None:
        yield "mismatch", one_line(record.mismatch)
    if record.asset is not None:
        yield "sha256", record.asset


def _around(view: RenderView) -> Iterator[tuple[str, str]]:
    if view.needs:
        yield "needs", ", ".join(view.needs)
    if view.needed_by:
        yield "needed by", ", ".join(view.needed_by)
    if view.change is not None:
        yield "planned", f"{view.change.word}: {one_line(view.change.reason)}"
