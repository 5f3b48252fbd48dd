"""Loads profiles, built-in ones by name and others by path, and applies a library's overrides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from sorasync.library_file import FileRefused, read_file
from sorasync.profile.error import ProfileError, ProfileFault
from sorasync.profile.price_book import PriceBook
from sorasync.profile.profile import Profile
from sorasync.profile.shape import shape_faults
from sorasync.profile.video_model import ANY, tier_of
from sorasync.text import close_match
from sorasync.toml.values import InvalidToml, read_values

Table = dict[str, object]

_DATA = resources.files("sorasync.profile") / "data"
_DEEPEST = 8
_LARGEST = 4 << 20
_OF_THE_HOST = ("sunset", "replacement")


def profile_names() -> list[str]:
    """The built-in profiles, sorted."""
    return sorted(item.name.removesuffix(".toml") for item in _DATA.iterdir() if item.name.endswith(".toml"))


def load_profile(
    name_or_path: str,
    *,
    base_dir: Path | None = None,
    base_url: str | None = None,
    overrides: Mapping[str, object] | None = None,
    prices: Mapping[str, Mapping[str, Decimal]] | None = None,
    books: Mapping[str, PriceBook] | None = None,
    within: Path | None = None,
) -> Profile:
    """The profile of that name, or of that file when it ends in `.toml` or contains a slash.

    A relative path counts from `base_dir`; the file may say `extends = "openai"`. `overrides` is merged
    over it table by table. `prices` maps models to sizes to dollars a second, and leaves out models that the
    host does not offer; what the book of this profile says goes below them. With `within`, files outside of
    that directory are not read. Raises `ProfileError`.
    """
    table = _read_profile(name_or_path, base_dir or Path(), 0, within)
    where = f"profile {name_or_path}"
    table = _extended(table, overrides or {})
    if base_url:
        table = _extended(table, {"base_url": base_url})
    book = (books or {}).get(str(table.get("name")))
    if book is not None:
        table = _with_published_prices(table, book)
    return _validated(
        _with_prices(table, {name: {"prices": own} for name, own in (prices or {}).items()}), where
    )


def _extended(under: Table, over: Mapping[str, object]) -> Table:
    """`over` on top of `under`. The day a host stops says nothing about another host."""
    moved = "base_url" in over and _address(over) != _address(under)
    kept = {key: value for key, value in under.items() if not (moved and key in _OF_THE_HOST)}
    return _merge(kept, over)


def _address(table: Mapping[str, object]) -> str:
    return str(table.get("base_url") or "").rstrip("/")


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or "/" in text


def _read_profile(name_or_path: str, base_dir: Path, depth: int, within: Path | None) -> Table:
    """A profile's tables with everything it extends already underneath."""
    if depth > _DEEPEST:
        raise ProfileError(f"profiles extend each other more than {_DEEPEST} deep at {name_or_path}")
    if _is_path(name_or_path):
        path = base_dir / name_or_path
        table = _parse_profile(_profile_text(path, within), str(name_or_path))
        table.setdefault("name", path.stem)
        table.setdefault("title", path.stem)
        base_dir = path.parent
    else:
        table = _parse_profile(_builtin(name_or_path), name_or_path)
    parent = table.pop("extends", None)
    if parent is None:
        return table
    if not isinstance(parent, str):
        raise ProfileError(f"profile {name_or_path}: extends must be the name or path of a profile")
    return _extended(_read_profile(parent, base_dir, depth + 1, within), table)


def _profile_text(path: Path, within: Path | None) -> str:
    try:
        return read_file(path, within=within, largest=_LARGEST).decode("utf-8-sig")
    except FileRefused as error:
        if error.outside:
            raise ProfileError(
                f"the profile {path} is outside the library",
                hint="copy it into the directory of sorasync.toml",
            ) from None
        raise ProfileError(f"the profile {path} {error.strerror}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ProfileError(f"cannot read the profile {path}: {reason}") from None


def _builtin(name: str) -> str:
    names = profile_names()
    if name not in names:
        near = close_match(name, names)
        hint = f'did you mean "{near}"?' if near else None
        raise ProfileError(f'there is no profile "{name}"; known are {", ".join(names)}', hint=hint)
    return (_DATA / f"{name}.toml").read_text(encoding="utf-8")


def _parse_profile(text: str, where: str) -> Table:
    try:
        table = read_values(text)
    except InvalidToml as error:
        raise ProfileError(f"profile {where} is not valid TOML: {error}") from None
    return table if isinstance(table, dict) else {}


def _merge(under: Mapping[str, object], over: Mapping[str, object]) -> Table:
    """`over` on top of `under`, table by table; anything that is not a table replaces what was there."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


def _with_published_prices(table: Table, book: PriceBook) -> Table:
    """The table with the prices of a book.

    A size that the profile names goes by its tier in the book. Without one it keeps its own price, unless the
    book's price for everything else is higher: an estimate that is too low is the worse mistake.
    """
    models = table.get("models")
    over: dict[str, Table] = {}
    for name, published in book.models.items():
        base = models.get(name, models.get(ANY)) if isinstance(models, Mapping) else None
        own = base.get("prices") if isinstance(base, Mapping) else None
        rest = published.prices.get(ANY)
        prices = dict(published.prices)
        for size, price in own.items() if isinstance(own, Mapping) else ():
            if " " in size:
                # The book knows neither lengths nor words.
                continue
            tiered = published.prices.get(tier_of(size) or size)
            if size not in prices and tiered is not None:
                prices[size] = tiered
            elif size not in prices and rest is not None and _price_or_infinity(price) < rest:
                prices[size] = rest
        over[name] = published.overlay() | {"prices": prices}
    return _priced_models(table, over)


def _price_or_infinity(price: object) -> Decimal:
    """A price of a table that is not checked yet; one that is none is left for the check to name."""
    try:
        found = Decimal(str(price))
    except ArithmeticError:
        return Decimal("Infinity")
    return found if found.is_finite() else Decimal("Infinity")


def _with_prices(table: Table, prices: Mapping[str, Table]) -> Table:
    """The table with a library's own prices; a model known only by the wildcard gets an entry of its own."""
    if not prices:
        return table
    table = _priced_models(table, prices)
    images = table.get("images")
    if not isinstance(images, Mapping):
        return table
    return {**table, "images": _priced_models(images, prices, by_quality=True)}


def _priced_models(
    table: Mapping[str, object], prices: Mapping[str, Table], *, by_quality: bool = False
) -> Table:
    """The table with those prices; `by_quality`: one for a size holds for every quality of it."""
    models = table.get("models")
    if not isinstance(models, Mapping):
        return dict(table)
    priced = dict(models)
    for name, over in prices.items():
        base = priced.get(name, models.get(ANY))
        if isinstance(base, Mapping):
            sizes, before = over.get("prices"), base.get("prices")
            if by_quality and isinstance(before, Mapping) and isinstance(sizes, Mapping):
                kept = {at: usd for at, usd in before.items() if at.partition(" ")[0] not in sizes}
                base = {**base, "prices": kept}
            priced[name] = _merge(base, over)
    return {**table, "models": priced}


def _validated(table: Table, where: str) -> Profile:
    family = table.pop("family", "videos")
    if family == "job":
        return _job_profile(table, where)
    if family != "videos":
        fix = close_match(str(family), ("videos", "job"))
        raise ProfileError.of(
            where, [ProfileFault(("family",), f"must be videos or job, not {family!r}", fix=fix)]
        )
    try:
        return Profile.model_validate(table)
    except ValidationError as error:
        raise ProfileError.of(where, shape_faults(Profile, error)) from None


def _job_profile(table: Table, where: str) -> Profile:
    from sorasync.profile.job_face import as_profile, not_sent
    from sorasync.profile.job_load import check_job

    job = check_job(table, where)
    lacks = not_sent(job)
    if lacks:
        raise ProfileError(
            f"{where} needs what this version cannot send to yet: {', '.join(lacks)}",
            hint="the profile itself is valid: nothing in it has to change",
        )
    return as_profile(job)
