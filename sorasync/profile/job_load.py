"""Loads job profiles, and reports all faults at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pydantic import ValidationError

from sorasync.profile.body_tree import read_tree
from sorasync.profile.error import ProfileError, ProfileFault
from sorasync.profile.job import JobProfile
from sorasync.profile.job_rules import job_faults
from sorasync.profile.shape import shape_faults

_CREDIT = re.compile(r"credit:([0-9.]+)")
_IN_CREDITS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) credits?")


def check_job(table: Mapping[str, object], where: str) -> JobProfile:
    """The profile. Raises `ProfileError` for errors in the structure of its parts and in its bodies; if there
    are none, for parts that contradict each other.
    """
    try:
        profile = JobProfile.model_validate({**_without_credits(table), "family": "job"})
    except ValidationError as error:
        raise ProfileError.of(where, [*shape_faults(JobProfile, error), *_body_faults(table)]) from None
    faults = job_faults(profile)
    if faults:
        raise ProfileError.of(where, faults)
    return profile


def _body_faults(table: Mapping[str, object], path: tuple[str, ...] = ()) -> Iterator[ProfileFault]:
    """The errors in the bodies of a profile that could not be made."""
    for name, inner in table.items():
        at = (*path, name)
        if not isinstance(inner, Mapping):
            continue
        if name != "body":
            yield from _body_faults(inner, at)
            continue
        for mistake in read_tree(inner)[1]:
            yield ProfileFault((*at, *map(str, mistake.place)), mistake.message, fix=mistake.fix)


def _without_credits(table: Mapping[str, object]) -> Mapping[str, object]:
    """The table with prices such as `12 credits` in dollars, where `cost.unit` says what one is worth."""
    cost = table.get("cost")
    unit = cost.get("unit") if isinstance(cost, Mapping) else None
    worth = _CREDIT.fullmatch(unit) if isinstance(unit, str) else None
    if worth is None:
        return table
    images = table.get("images")
    found = _priced(table, Decimal(worth[1]))
    return {**found, "images": _priced(images, Decimal(worth[1]))} if isinstance(images, Mapping) else found


def _priced(table: Mapping[str, object], worth: Decimal) -> Mapping[str, object]:
    models = table.get("models")
    if not isinstance(models, Mapping):
        return table
    return {**table, "models": {name: _model_without_credits(model, worth) for name, model in models.items()}}


def _model_without_credits(model: object, worth: Decimal) -> object:
    prices = model.get("prices") if isinstance(model, Mapping) else None
    if not isinstance(model, Mapping) or not isinstance(prices, Mapping):
        return model
    found = {
        name: Decimal(said[1]) * worth if (said := _IN_CREDITS.fullmatch(str(price))) else price
        for name, price in prices.items()
    }
    return {**model, "prices": found}
