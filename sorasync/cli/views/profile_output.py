"""Providers' profiles, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from sorasync.cli.terminal.columns import screen_width, wrapped
from sorasync.cli.views.plan.plan_json import usd
from sorasync.profile.video_model import ANY, Model, price_name, seconds_text
from sorasync.text import counted

if TYPE_CHECKING:
    from decimal import Decimal

    from sorasync.profile.images import ImageModel
    from sorasync.profile.job import JobProfile
    from sorasync.profile.profile import Ability, Profile

_ABILITIES: tuple[Ability, ...] = ("characters", "extend", "edit", "list", "delete", "batch")


def profiles_text(profiles: Sequence[Profile], today: date) -> Iterator[str]:
    """A few lines for each profile, its models with their prices among them."""
    width = screen_width()
    names = max(len(profile.name) for profile in profiles)
    for profile in profiles:
        head = click.style(f"{profile.name:<{names}}", bold=True)
        first, *more = _hanging(_join(profile.title, _sunset(profile, today)), names + 2, width)
        yield f"{head}  {first}"
        yield from more
        for text in (
            f"can: {', '.join(_abilities(profile)) or 'create only'}",
            *(f"{name}: {_price_range(model)}" for name, model in _priced_models(profile)),
        ):
            first, *more = _hanging(text, names + 2, width)
            yield f"{' ' * names}  {first}"
            yield from more
        yield ""
    yield "Details: sorasync profiles NAME"


def _hanging(text: str, column: int, width: int) -> list[str]:
    """The text from that column on, with what does not fit on lines below it."""
    return wrapped(text, width, first=column, indent=column + 5)


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _sunset(profile: Profile, today: date) -> str:
    if profile.sunset is None:
        return ""
    left = (profile.sunset - today).days
    return (
        f"stopped on {profile.sunset}"
        if left < 0
        else f"stops on {profile.sunset}, in {counted(left, 'day')}"
    )


def _abilities(profile: Profile) -> list[str]:
    found: list[str] = [ability for ability in _ABILITIES if profile.can(ability)]
    found += ["first frame"] if profile.abilities.image_by else []
    found += ["last frame"] if profile.abilities.last_image else []
    return [*found, "stills"] if profile.can("stills") else found


def _priced_models(profile: Profile) -> list[tuple[str, Model]]:
    listed = [(name, profile.models[name]) for name in profile.model_names]
    return listed + ([("any other model", profile.models[ANY])] if ANY in profile.models else [])


def _price_range(model: Model) -> str:
    named = [price for name, price in model.prices.items() if price_name(name).seconds is None]
    prices = sorted({*named, *filter(None, map(model.price, model.sizes))})
    lengths = f"{seconds_text(model.seconds)} s"
    if not prices:
        return f"price unknown; {lengths}"
    low, high = usd(prices[0]), usd(prices[-1])
    return f"${low} a second; {lengths}" if low == high else f"${low} to ${high} a second; {lengths}"


def profile_text(profile: Profile, today: date) -> Iterator[str]:
    """All of one profile."""
    yield f"{click.style(profile.name, bold=True)}  {profile.title}"
    for name, text in profile_facts(profile, _sunset(profile, today)):
        yield f"  {name:<12}  {text}"
    for model in model_prices(profile):
        yield ""
        yield f"  {click.style(model.name, bold=True)}  {model.lengths}"
        width = max(len(what) for what, _ in model.prices)
        for what, price in model.prices:
            yield f"    {what:<{max(width, 11)}} {price}"


def profile_page(profiles: Sequence[Profile]) -> Iterator[str]:
    """Every profile as Markdown, for the documentation: the same facts and prices as on the terminal."""
    for profile in profiles:
        yield f"## {profile.name}\n"
        yield f"{profile.title}.\n"
        sunset = f"on {profile.sunset}" if profile.sunset else ""
        yield from _markdown_table(("fact", ""), profile_facts(profile, sunset))
        prices = [
            (f"`{model.name}`", model.lengths, what, price)
            for model in model_prices(profile)
            for what, price in model.prices
        ]
        yield from _markdown_table(("model", "lengths", "size", "price"), prices)


def _markdown_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for cells in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(cells)} |"
    yield ""


def profile_facts(profile: Profile, sunset: str) -> list[tuple[str, str]]:
    """What a profile says beside its prices, in pairs of name and text; `sunset` says when it ends."""
    limits = profile.limits
    facts = [
        (
            "address",
            profile.base_url or ("in this process" if profile.transport != "http" else "set base_url"),
        ),
        ("key", _key_source(profile)),
        ("can", ", ".join(_abilities(profile)) or "create only"),
        ("cannot", ", ".join(a for a in _ABILITIES if not profile.can(a))),
        ("list of jobs", profile.abilities.list if profile.can("list") else "none"),
        ("cancel", cancelling(profile.job) if profile.job is not None else ""),
        ("prompt", f"at most {counted(limits.prompt_chars, 'character')}"),
        ("characters", f"at most {limits.characters} a clip" if profile.can("characters") else ""),
        ("extensions", _extensions(profile)),
        ("params", ", ".join(f"{name} ({kind})" for name, kind in sorted(profile.params.items()))),
        ("sunset", sunset),
        ("instead", (profile.replacement or "") if profile.sunset else ""),
        ("billing", "simulated: nothing is billed, prices are for comparison" if profile.simulated else ""),
        ("source", profile.source + (f", as of {profile.as_of}" if profile.as_of else "")),
    ]
    return [(name, text) for name, text in facts if text]


def _key_source(profile: Profile) -> str:
    auth = profile.auth
    if auth.header == "none":
        return "none"
    return f"from ${auth.env}" + ("" if auth.required else " (not needed)")


def _extensions(profile: Profile) -> str:
    limits = profile.limits
    if not profile.can("extend"):
        return ""
    lengths = seconds_text(limits.extension_seconds)
    return f"{lengths} s, at most {limits.extensions}, {limits.total_seconds} s in all"


@dataclass(frozen=True)
class ModelPrices:
    """What a model costs: pairs of a size, or what else is paid for, and a price in words."""

    name: str
    lengths: str
    prices: list[tuple[str, str]]


def model_prices(profile: Profile) -> Iterator[ModelPrices]:
    """The models of a profile: those for videos, then those for stills."""
    for name, model in _priced_models(profile):
        yield ModelPrices(name, f"{seconds_text(model.seconds)} s", list(_video_prices(model)))
    for name, image in sorted(profile.images.models.items()):
        shown = "any other image model" if name == ANY else name
        yield ModelPrices(shown, "stills", list(_image_prices(image)))


def _video_prices(model: Model) -> Iterator[tuple[str, str]]:
    named = [name for name in model.prices if " " in name]
    sizes = sorted({*model.sizes, *(size for size in model.prices if size != ANY and size not in named)})
    for size in sizes:
        default = "  (default)" if size == model.default_size else ""
        yield size, _price_a_second(model.price(size)) + default
    if ANY in model.prices or not sizes:
        yield "any size", _price_a_second(model.prices.get(ANY))
    for name in named:
        each = "a render" if price_name(name).seconds is not None else "a second"
        yield name.replace(ANY, "any size"), f"${usd(model.prices[name])} {each}"
    if model.image_price:
        yield "first frame", f"${usd(model.image_price)} more"


def _price_a_second(price: Decimal | None) -> str:
    return "price unknown" if price is None else f"${usd(price)} a second"


def _image_prices(model: ImageModel) -> Iterator[tuple[str, str]]:
    for at, price in model.prices.items():
        default = "  (default)" if at == model.default_size else ""
        yield at, f"${usd(price)} a picture{default}"
    if not model.prices:
        yield "any size", "price unknown"
    elif model.reference_price:
        yield "each image sent", f"${usd(model.reference_price)} more"


def profile_json(profile: Profile, today: date) -> dict[str, object]:
    """One profile as plain data; a price that is not there is unknown."""
    return {
        "name": profile.name,
        "title": profile.title,
        "base_url": profile.base_url,
        "api_key_env": None if profile.auth.header == "none" else profile.auth.env,
        "simulated": profile.simulated,
        "abilities": _abilities(profile),
        "sunset": profile.sunset.isoformat() if profile.sunset else None,
        "days_left": profile.days_left(today),
        "as_of": profile.as_of.isoformat() if profile.as_of else None,
        "source": profile.source,
        "params": dict(profile.params),
        "models": {
            name: {
                "sizes": list(model.sizes),
                "seconds": seconds_text(model.seconds),
                "default_size": model.default_size,
                "default_seconds": model.default_seconds,
                "usd_per_second": {size: usd(price) for size, price in model.prices.items()},
                "usd_per_image": usd(model.image_price),
            }
            for name, model in profile.models.items()
        },
        "image_models": {
            name: {
                "sizes": list(model.sizes),
                "default_size": model.default_size,
                "usd_per_picture": {at: usd(price) for at, price in model.prices.items()},
                "usd_per_image_sent": None if model.reference_price is None else usd(model.reference_price),
            }
            for name, model in profile.images.models.items()
        },
    }


_REFUND = {
    "unknown": "refund unknown",
    "never": "no refund",
    "if_queued": "refund while queued",
    "always": "free",
}


def cancelling(job: JobProfile) -> str:
    """Whether a job can be cancelled, and at what charge; – if it cannot."""
    if job.cancel is None:
        return "–"
    return ("only while queued, " if job.cancel.only_queued else "") + _REFUND[job.cancel.refund]
