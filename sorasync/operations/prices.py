"""`sorasync prices`: every price that plans of this library go by, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sorasync.graph.graph import Graph
from sorasync.graph.render import Kind, Render
from sorasync.library_file import CONFIG_FILE
from sorasync.operations.library_host import Host
from sorasync.operations.project import Project
from sorasync.profile.price_book import BOOK_FILE, PriceBook, read_books
from sorasync.profile.profile import Profile
from sorasync.profile.video_model import ANY, tier_of


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a second, a render of one length, a `first frame`, a `still` or a million tokens.

    None where no price is known.

    `size` is a size, a tier, or `*`, after `still` where the price is that of a picture, before a length and
    words where it is for these alone, and before `tokens`; `source` the file it stands in or the profile,
    `as_of` the day it was read, None where nobody said.
    """

    model: str
    size: str
    usd: Decimal | None
    source: str
    as_of: date | None
    # The host, where there are several.
    host: str = ""


FIRST_FRAME = "first frame"
STILL = "still"
TOKENS = "tokens"
_SENT = "sent image"


def price_list(project: Project, *, used: bool = False) -> list[Price]:
    """Every price that plans go by, or with `used` those of the manifests. Raises `ManifestError`."""
    graph = project.graph(project.library()) if used else None
    found: list[Price] = []
    for host in project.every_host():
        prices = known_prices(host) if graph is None else used_prices(host, graph)
        name = host.name if project.hosts.several else ""
        found += (replace(price, host=name) for price in prices)
    return found


def known_prices(host: Host) -> Iterator[Price]:
    """Every price of a host's profile as this library has it, by model and size."""
    book = read_books(host.project.root).get(host.profile.name)
    for name in sorted(host.profile.models):
        model = host.profile.models[name]
        for size in sorted(model.prices):
            yield Price(name, size, model.prices[size], *_price_source(host, book, name, size))
        for size in sorted(model.token_prices):
            where = f"profile {host.profile.name}", host.profile.as_of
            yield Price(name, f"{size} {TOKENS}", model.token_prices[size], *where)
        if model.image_price:
            yield Price(name, FIRST_FRAME, model.image_price, *_price_source(host, book, name, FIRST_FRAME))
    for name, image in sorted(host.profile.images.models.items()):
        for size in sorted(image.prices):
            yield _of_still(host, name, size, image.prices[size])
        if image.reference_price:
            yield _of_still(host, name, _SENT, image.reference_price)


def used_prices(host: Host, graph: Graph) -> Iterator[Price]:
    """The prices of the models and sizes that the manifests use, unknown ones among them."""
    book = read_books(host.project.root).get(host.profile.name)
    renders = [one for one in graph.renders.values() if one.provider == host.provider]
    stills = {one.address: one for one in renders if one.kind is Kind.STILL}
    videos = [one for one in renders if one.model and one.address not in stills]
    for name, size, at, price in sorted({_priced(host.profile, one) for one in videos}, key=_by_name):
        yield Price(name, size if at is None else at, price, *_price_source(host, book, name, at or size))
    for name, size, quality in sorted({_drawn_at(one) for one in stills.values()}):
        image = host.profile.images.model(name)
        at = f"{size} {quality}" if quality else size
        yield _of_still(host, name, at, None if image is None else image.price(size, quality or None))


def _by_name(priced: tuple[str, str, str | None, Decimal | None]) -> tuple[str, str, str]:
    model, size, at, _ = priced
    return model, size, at or ""


def _priced(profile: Profile, video: Render) -> tuple[str, str, str | None, Decimal | None]:
    """A video's model and size, the name of its price where that is for some lengths or words alone, and the
    price.
    """
    model = profile.model(video.model)
    if model is None:
        return video.model, video.size, None, None
    words = profile.price_words_of(video.params)
    name = model.priced_as(video.size, video.billed_seconds, words)
    at = name if name is not None and " " in name else None
    return video.model, video.size, at, model.price(video.size) if at is None else model.prices[at]


def _drawn_at(still: Render) -> tuple[str, str, str]:
    return still.model, still.size, str(still.params.get("quality") or "")


def _of_still(host: Host, model: str, size: str, usd: Decimal | None) -> Price:
    """A price of a picture: the library's own, or the profile's."""
    own = host.prices.get(model, {})
    if usd is not None and usd in [own.get(name) for name in (size, size.partition(" ")[0], ANY)]:
        return Price(model, f"{STILL} {size}", usd, CONFIG_FILE, None)
    return Price(model, f"{STILL} {size}", usd, f"profile {host.profile.name}", host.profile.as_of)


def _price_source(host: Host, book: PriceBook | None, model: str, size: str) -> tuple[str, date | None]:
    """Where the price of a size comes from: the library's own, then the book, then the profile."""
    published = book.models.get(model) if book is not None else None
    known = host.profile.model(model)
    if size == FIRST_FRAME:
        in_book = published is not None and published.image_price is not None
    else:
        # The name under which the price stands: a size, else its tier, else all others.
        names = [name for name in (size, tier_of(size), ANY) if name is not None]
        key = next((name for name in names if known is not None and name in known.prices), size)
        if key in host.prices.get(model, {}):
            return CONFIG_FILE, None
        price = known.prices.get(key) if known is not None else None
        in_book = published is not None and price in [published.prices.get(name) for name in names]
    if book is not None and published is not None and in_book:
        return f"{BOOK_FILE} ({published.source or book.source})", book.as_of
    return f"profile {host.profile.name}", host.profile.as_of
