"""`sorasync prices sync`: reads LiteLLM's published price map into the library's price book."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorasync.errors import SorasyncError
from sorasync.library_file import read_file, unreadable
from sorasync.operations.project import Project
from sorasync.profile.price_book import ModelPrices, PriceBook, read_books, write_books
from sorasync.profile.video_model import ANY, TIERS
from sorasync.text import and_more, close_match

# What LiteLLM calls the hosts of our profiles: `litellm_provider` in LiteLLM 1.110.2.
_PROVIDERS: Mapping[str, str] = {
    "openai": "openai",
    "fal": "fal_ai",
    "runway": "runwayml",
    "xai": "xai",
    "replicate": "replicate",
    "openrouter": "openrouter",
}
_LARGEST = 64 << 20
_PER_SECOND = ("output_cost_per_second", "output_cost_per_video_per_second")


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price before and after; None where there was or is none. `size` is a size, a tier or `*`."""

    model: str
    size: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync wrote: the profile's book, and the prices that changed in it."""

    profile: str
    provider: str
    book: PriceBook
    changes: tuple[PriceChange, ...]


def sync_prices(project: Project, file: Path, provider: str | None = None, host: str | None = None) -> Synced:
    """Write the prices of a map's video models into the book of a host's profile: the default's, or `host`.

    `provider` is the map's own name for the host, for profiles whose name says nothing. The profile's earlier
    book is replaced as a whole, books of other profiles stay. Raises `SorasyncError`.
    """
    entries = _video_models(_read_price_map(file))
    profile = project.host_named(host).profile.name
    provider = _provider_of(profile, provider, entries)
    models = {
        _model_name(name, provider): _prices_of(entry)
        for name, entry in sorted(entries.items(), key=lambda one: "/" in one[0])
        if _names_provider(entry, provider)
    }
    today = datetime.fromtimestamp(project.clock.now(), UTC).date()
    book = PriceBook(file.name, today, models)
    books = read_books(project.root)
    changes = tuple(_price_changes(books[profile].models if profile in books else {}, models))
    write_books(project.root, books | {profile: book})
    return Synced(profile, provider, book, changes)


def _read_price_map(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_file(file, within=None, largest=_LARGEST), parse_float=Decimal)
    except OSError as error:
        raise SorasyncError(unreadable(file, error)) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SorasyncError(
            f"{file} is not a price map: a JSON object of models was expected",
            hint="LiteLLM publishes its map as model_prices_and_context_window.json",
        )
    return found


def _video_models(entries: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of video models that have a price."""
    return {
        name: entry
        for name, entry in entries.items()
        if isinstance(entry, dict) and entry.get("mode") == "video_generation" and _prices_of(entry).prices
    }


def _provider_of(profile: str, asked: str | None, entries: Mapping[str, dict[str, Any]]) -> str:
    provider = asked or _PROVIDERS.get(profile)
    known = sorted({name for entry in entries.values() if (name := _host_name(entry))})
    if provider is None:
        raise SorasyncError(
            f"which host of the map is the profile {profile}?",
            hint=f"name it with --provider: {and_more(known, 12)}",
        )
    if not any(_names_provider(entry, provider) for entry in entries.values()):
        near = close_match(provider, known)
        hint = f"did you mean {near}?" if near else f"it has {and_more(known, 12)}"
        raise SorasyncError(f"the map has no video model of {provider}", hint=hint)
    return provider


def _host_name(entry: Mapping[str, Any]) -> str:
    """The map's name for a host: `vertex_ai-video-models` is `vertex_ai`."""
    return str(entry.get("litellm_provider") or "").partition("-")[0]


def _names_provider(entry: Mapping[str, Any], provider: str) -> bool:
    return _host_name(entry) == provider


def _model_name(name: str, provider: str) -> str:
    """The host's own name of a model: the map puts the provider in front of most."""
    return name.removeprefix(f"{provider}/")


def _prices_of(entry: Mapping[str, Any]) -> ModelPrices:
    whole = next(
        (price for name in _PER_SECOND if (price := _dollars_or_none(entry.get(name))) is not None), None
    )
    prices = {} if whole is None else {ANY: whole}
    for tier in TIERS.values():
        if (price := _dollars_or_none(entry.get(f"output_cost_per_second_{tier}"))) is not None:
            prices[tier] = price
    successor = entry.get("successor_model")
    return ModelPrices(
        prices,
        _dollars_or_none(entry.get("input_cost_per_image")),
        _date_or_none(entry.get("deprecation_date")),
        successor if isinstance(successor, str) else None,
        entry["source"] if isinstance(entry.get("source"), str) else "",
    )


def _dollars_or_none(value: object) -> Decimal | None:
    """An amount of the map; None for anything that cannot be one, so that it stays unknown and not free."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    price = Decimal(value)
    return price if price.is_finite() and 0 < price < 1000 else None


def _date_or_none(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _price_changes(
    before: Mapping[str, ModelPrices], after: Mapping[str, ModelPrices]
) -> Iterator[PriceChange]:
    for model in sorted(before.keys() | after.keys()):
        old, new = (book[model].prices if model in book else {} for book in (before, after))
        for size in sorted(old.keys() | new.keys()):
            if old.get(size) != new.get(size):
                yield PriceChange(model, size, old.get(size), new.get(size))
