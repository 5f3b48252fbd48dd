"""Checks of the profile: sunset, age of prices, missing prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sorasync.doctor.checks import Check, Level, listed
from sorasync.operations.library_host import Host
from sorasync.operations.sunset import SUNSET_DAYS
from sorasync.profile.profile import Profile
from sorasync.text import counted

# Days.
_OLD = 60


def price_checks(host: Host, models: Mapping[str, set[str]]) -> Iterator[Check]:
    """Checks of a profile for the models and sizes that the manifests use; without any, not of prices."""
    profile = host.profile
    today = datetime.fromtimestamp(host.clock.now(), UTC).date()
    for model in (None, *sorted(models)):
        left = profile.days_left(today, model)
        own = profile.days_left(today)
        if left is None or left >= SUNSET_DAYS or (model is not None and left == own):
            continue
        name = model or profile.title
        instead = profile.replacement if left == own else _replacement(profile, model)
        if left < 0:
            yield Check(
                "sunset",
                Level.ERROR,
                f"{name} was switched off {counted(-left, 'day')} ago",
                instead,
            )
        else:
            yield Check(
                "sunset",
                Level.WARNING,
                f"{name} is switched off in {counted(left, 'day')}",
                instead,
            )
    if profile.simulated:
        yield Check("prices", Level.OK, "nothing is billed; prices are those of the reference")
        return
    if not models:
        return
    unknown = {
        f"{model} {size}"
        for model, sizes in models.items()
        for size in sizes
        if (known := profile.model(model)) is None or not known.is_priced(size)
    }
    if unknown:
        table = "prices" if not host.provider else f"providers.{host.name}.prices"
        hint = f"put dollars a second under [{table}] in sorasync.toml"
        yield Check("prices", Level.WARNING, f"no price is known for {listed(unknown)}", hint)
    elif host.prices or profile.as_of is None:
        yield Check("prices", Level.OK, "every price is known")
    else:
        age = (today - profile.as_of).days
        level = Level.WARNING if age > _OLD else Level.OK
        yield Check(
            "prices",
            level,
            f"every price is known, as of {profile.as_of} ({counted(max(0, age), 'day')} ago)",
        )


def _replacement(profile: Profile, model: str | None) -> str | None:
    """What takes the place of a model that ends by itself."""
    found = profile.model(model) if model is not None else None
    return f"use {found.replacement}" if found is not None and found.replacement else None
