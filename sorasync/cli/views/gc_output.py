"""The output of `sorasync gc`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sorasync.assets.archive import Unnamed
from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import cells, cut, padded, screen_width
from sorasync.cli.terminal.units import age, iso, size
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.gc import Deleted, Doomed, Garbage
from sorasync.plan.cost import money, total
from sorasync.state.record import Record
from sorasync.text import counted

_WIDEST = 34


def doomed_text(found: Sequence[Doomed], now: float) -> Iterator[str]:
    """A line for each record: address, status, size, price of making it again, age."""
    width = screen_width()
    often = Counter(one.record.address for one in found)
    labels = [_record_label(one.record, often[one.record.address]) for one in found]
    names = min(max(map(cells, labels), default=0), _WIDEST)
    for one, label in zip(found, labels, strict=True):
        record = one.record
        since = age(now - one.since) if one.since is not None else "?"
        facts = f"{record.status.value:<9}  {size(one.bytes):>9}  {money(one.cost):>7}  {since:>6}"
        if cells(label) > names:
            yield f"- {label}"
            yield f"  {' ' * names}  {facts}"
        else:
            yield f"- {padded(label, names)}  {cut_end(facts, width - names - 4)}"


def _record_label(record: Record, often: int) -> str:
    """The address; with the beginning of the key where several renders have it."""
    return record.address if often == 1 else f"{record.address} ({record.key[:8]})"


def cut_end(text: str, width: int) -> str:
    """The text without what does not fit, keeping its columns."""
    return text if cells(text) <= width else cut(text, width)


def doomed_json(found: Sequence[Doomed]) -> list[dict[str, object]]:
    """The records as plain data."""
    return [
        {
            "address": one.record.address,
            "key": one.record.key,
            "kind": one.record.kind,
            "status": one.record.status.value,
            "provider": one.record.provider,
            "remote_id": one.record.remote_id,
            "bytes": one.bytes,
            "cost_usd": None if one.cost is None else usd(one.cost),
            "since": iso(one.since),
        }
        for one in found
    ]


def gc_text(
    found: Garbage,
    now: float,
    *,
    asked: bool,
    quiet: bool,
    filtered: bool = False,
) -> Iterator[str]:
    """What can be deleted, with totals; `filtered` if only part of the retired renders was requested."""
    for branch, number in found.wanted.items():
        stay, them = ("stays", "it") if number == 1 else ("stay", "them")
        yield f"{counted(number, 'retired render')} {stay}: the lock file of branch {branch} names {them}."
    if found.nothing:
        else_ = " else" if found.wanted else ""
        yield (
            f"No{' other' if found.wanted else ''} retired render matches: there is nothing to delete."
            if filtered
            else f"Nothing{else_} is retired: there is nothing to delete."
        )
        return
    if not quiet:
        yield from doomed_text(found.renders, now)
    if found.renders:
        bytes_ = size(sum(one.bytes for one in found.renders))
        cost = total(one.cost for one in found.renders)
        count = counted(len(found.renders), "retired render")
        yield f"{count}, {bytes_}; rendering them again would cost {cost}."
    if found.downloads:
        yield f"{counted(found.downloads, 'abandoned download')}, {size(found.download_bytes)}."
    yield from _unnamed_text(found.unnamed)
    if not asked:
        objects = found.unnamed.objects if found.unnamed is not None else 0
        them = "it" if len(found.renders) + found.downloads + objects == 1 else "them"
        yield f"Nothing was deleted. To delete {them}: sorasync gc --delete"


def _unnamed_text(unnamed: Unnamed | None) -> Iterator[str]:
    if unnamed is not None and unnamed.objects:
        due = f", {unnamed.due} of them for long enough to be deleted" if unnamed.due else ""
        objects = counted(unnamed.objects, "object")
        yield f"{objects} in the bucket, {size(unnamed.bytes)}, referenced by no library{due}."


def deleted_text(deleted: Deleted, grace_days: float) -> Iterator[str]:
    """What went, and what could not."""
    for address, message in deleted.failed.items():
        yield f"! {address}: kept, the provider did not delete it: {one_line(message)}"
    there = f", {deleted.remote} at the provider" if deleted.remote else ""
    yield f"Deleted: {counted(len(deleted.keys), 'render')}, {size(deleted.bytes)}{there}."
    swept = deleted.bucket
    if swept is not None and swept.deleted:
        yield f"Deleted from the bucket: {counted(swept.deleted, 'object')}, {size(swept.bytes)}."
    if swept is not None and swept.waiting:
        objects = counted(swept.waiting, "object")
        yield (
            f"{objects} in the bucket, {size(swept.waiting_bytes)}, referenced by no library: "
            f"deleted by a later gc, {grace_days:g} days after that was first seen."
        )


def gc_json(found: Garbage, deleted: Deleted | None, now: float) -> dict[str, object]:
    """What could go and what went, as plain data; `deleted` is null where nothing was to be deleted."""
    cost = total(one.cost for one in found.renders)
    return {
        "format_version": 1,
        "at": iso(now),
        "renders": doomed_json(found.renders),
        "bytes": sum(one.bytes for one in found.renders),
        "cost_usd": None if cost.unknown else usd(cost.known_usd),
        "abandoned_downloads": {"count": found.downloads, "bytes": found.download_bytes},
        "named_on_branches": dict(found.wanted),
        "unnamed_objects": None if found.unnamed is None else asdict(found.unnamed),
        "deleted": deleted_json(deleted),
    }


def deleted_json(deleted: Deleted | None) -> dict[str, object] | None:
    """What went, as plain data."""
    if deleted is None:
        return None
    return {
        "keys": list(deleted.keys),
        "bytes": deleted.bytes,
        "remote": deleted.remote,
        "failed": [{"address": a, "message": m} for a, m in deleted.failed.items()],
        "bucket": None if deleted.bucket is None else asdict(deleted.bucket),
    }
