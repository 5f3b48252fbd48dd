"""`sorasync prices`: every price that plans of this library go by, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sorasync.graph.graph import Graph
from sorasync.manifest.config import CONFIG_FILE
from sorasync.operations.project import Project
from sorasync.profile.model import ANY, tier_of
from sorasync.profile.price_book import BOOK_FILE, read_books


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a second, or for a `first frame`; None where no price is known.

    `size` is a size, a tier, or `*`; `source` the file it stands in or the profile, `as_of` the day it was
    read, None where nobody said.
    """

    model: str
    size: str
    usd: Decimal | None
    source: str
    as_of: date | None


FIRST_FRAME = "first frame"


def known_prices(project: Project) -> Iterator[Price]:
    """Every price of the profile as this library has it, by model and size."""
    for name in sorted(project.profile.models):
        model = project.profile.models[name]
        for size in sorted(model.prices):
            yield Price(name, size, model.prices[size], *_source(project, name, size))
        if model.image_price:
            yield Price(name, FIRST_FRAME, model.image_price, *_source(project, name, FIRST_FRAME))


def used_prices(project: Project, graph: Graph) -> Iterator[Price]:
    """The prices of the models and sizes that the manifests use, unknown ones among them."""
    for name, size in sorted({(one.model, one.size) for one in graph.renders.values() if one.model}):
        model = project.profile.model(name)
        price = None if model is None else model.price(size)
        yield Price(name, size, price, *_source(project, name, size))


def _source(project: Project, model: str, size: str) -> tuple[str, date | None]:
    """Where the price of a size comes from: the library's own, then the book, then the profile."""
    book = read_books(project.root).get(project.profile.name)
    published = book.models.get(model) if book is not None else None
    known = project.profile.model(model)
    if size == FIRST_FRAME:
        in_book = published is not None and published.image_price is not None
    else:
        # The name under which the price stands: a size, else its tier, else all others.
        names = [name for name in (size, tier_of(size), ANY) if name is not None]
        key = next((name for name in names if known is not None and name in known.prices), size)
        if key in project.config.prices.get(model, {}):
            return CONFIG_FILE, None
        price = known.prices.get(key) if known is not None else None
        in_book = published is not None and price in [published.prices.get(name) for name in names]
    if book is not None and published is not None and in_book:
        return f"{BOOK_FILE} ({published.source or book.source})", book.as_of
    return f"profile {project.profile.name}", project.profile.as_of
