"""The price book: a library's own copy of published prices, `prices.toml` beside `sorasync.toml`.

```toml
[openai]
source = "litellm.json"
as_of = 2026-11-29

[openai.models.sora-2]
source = "https://…"
prices = { "*" = "0.10", 1080p = "0.12" }      # dollars a second
image_price = "0.01"                           # dollars for a first frame
sunset = 2027-03-01
replacement = "sora-3"
```
A table for each profile. `sorasync prices sync` writes it and a person commits it: planning fetches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sorasync.library_file import read_file, unreadable
from sorasync.profile.error import ProfileError
from sorasync.toml.values import InvalidToml, read_values

BOOK_FILE = "prices.toml"
_LARGEST = 4 << 20
_HEAD = "# Published prices, read by `sorasync prices sync`. Your own go under [prices] in sorasync.toml.\n\n"


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """What the book says of a model: dollars a second by size or tier, and for a first frame."""

    prices: Mapping[str, Decimal] = field(default_factory=dict)
    image_price: Decimal | None = None
    sunset: date | None = None
    replacement: str | None = None
    source: str = ""

    def overlay(self) -> dict[str, object]:
        """The keys of a profile's model that it replaces."""
        found: dict[str, object] = {"prices": dict(self.prices)}
        ends = {"image_price": self.image_price, "sunset": self.sunset, "replacement": self.replacement}
        return found | {name: value for name, value in ends.items() if value is not None}


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of one profile's models. `as_of` is the day on which they were read from `source`."""

    source: str
    as_of: date
    models: Mapping[str, ModelPrices]


def read_books(root: Path) -> dict[str, PriceBook]:
    """The books of a library by the profile's name; none without the file. Raises `ProfileError`."""
    try:
        text = read_file(root / BOOK_FILE, within=root, largest=_LARGEST).decode("utf-8-sig")
        tables = read_values(text)
    except FileNotFoundError:
        return {}
    except (InvalidToml, UnicodeDecodeError) as error:
        raise ProfileError(f"{BOOK_FILE} is not valid TOML: {error}") from None
    except OSError as error:
        raise ProfileError(unreadable(BOOK_FILE, error)) from None
    return {name: _book_of_table(name, table) for name, table in tables.items()}


def write_books(root: Path, books: Mapping[str, PriceBook]) -> None:
    """Write the books of a library. Raises `ProfileError`."""
    import tomli_w

    from sorasync.durable import write_atomic

    tables = {name: _table_of_book(book) for name, book in sorted(books.items())}
    try:
        write_atomic(root / BOOK_FILE, (_HEAD + tomli_w.dumps(tables)).encode())
    except OSError as error:
        raise ProfileError(f"cannot write {BOOK_FILE}: {error.strerror}") from None


def _table_of_book(book: PriceBook) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for name, model in sorted(book.models.items()):
        table: dict[str, Any] = {"source": model.source} if model.source else {}
        for key, value in model.overlay().items():
            table[key] = _written_value(value)
        models[name] = table
    return {"source": book.source, "as_of": book.as_of, "models": models}


def _written_value(value: object) -> object:
    if isinstance(value, Mapping):
        return {size: _written_value(price) for size, price in value.items()}
    if not isinstance(value, Decimal):
        return value
    cents = value.quantize(Decimal("0.01"))
    return str(cents if cents == value else value)


def _book_of_table(profile: str, table: object) -> PriceBook:
    where = f"{BOOK_FILE}: [{profile}]"
    known = _checked_table(where, table, {"source": str, "as_of": date, "models": dict})
    models = {
        name: _prices_of_table(f"{BOOK_FILE}: [{profile}.models.{name}]", model)
        for name, model in known.get("models", {}).items()
    }
    if "as_of" not in known:
        raise ProfileError(f"{where} has no as_of, the day on which the prices were read")
    return PriceBook(known.get("source", ""), known["as_of"], models)


def _prices_of_table(where: str, table: object) -> ModelPrices:
    kinds = {"source": str, "prices": dict, "image_price": object, "sunset": date, "replacement": str}
    known = _checked_table(where, table, kinds)
    image = known.get("image_price")
    return ModelPrices(
        {size: _checked_price(f"{where} {size}", price) for size, price in known.get("prices", {}).items()},
        None if image is None else _checked_price(f"{where} image_price", image),
        known.get("sunset"),
        known.get("replacement"),
        known.get("source", ""),
    )


def _checked_table(where: str, table: object, kinds: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ProfileError(f"{where} must be a table")
    for name, value in table.items():
        if name not in kinds:
            raise ProfileError(f"{where} has a key that is not known: {name}; allowed: {', '.join(kinds)}")
        if not isinstance(value, kinds[name]):
            kind = {str: "a text", date: "a date such as 2026-11-29", dict: "a table"}[kinds[name]]
            raise ProfileError(f"{where} {name} must be {kind}")
    return table


def _checked_price(where: str, value: object) -> Decimal:
    """Dollars, written as a text or a number. Raises `ProfileError`."""
    try:
        price = Decimal(str(value))
    except ArithmeticError:
        price = Decimal("NaN")
    if isinstance(value, bool) or not price.is_finite() or not 0 <= price < 10**12:
        raise ProfileError(f'{where} must be an amount in dollars such as "0.10"')
    return price
