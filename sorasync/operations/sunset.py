"""Warns about a provider or model that has been switched off or soon will be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sorasync.manifest.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from sorasync.manifest.library import Library, Origin
    from sorasync.operations.project import Project

CODE = "S128"
# Days before a sunset from which on to warn.
SUNSET_DAYS = 180


def endings(project: Project, library: Library) -> tuple[Diagnostic, ...]:
    """A warning for the provider, or one for each model in use that ends by itself, at its first clip.

    The dates are the profile's; the provider's own does not hold for another `base_url`.
    """
    profile = project.profile
    if profile.sunset is None and not any(model.sunset for model in profile.models.values()):
        return ()
    today = datetime.fromtimestamp(project.clock.now(), UTC).date()
    if _near(profile.sunset, today):
        return (_ending(library, None, profile.title, profile.sunset, today, profile.replacement),)
    return tuple(_of_models(project, library, today))


def _of_models(project: Project, library: Library, today: date) -> Iterator[Diagnostic]:
    from sorasync.manifest.provenance import Origins

    told: set[str] = set()
    origins = Origins(library)
    for named, clip in sorted(library.models().items(), key=lambda item: item[1]):
        name = named or project.profile.default_model or ""
        model = project.profile.model(name)
        if name in told or model is None or not _near(model.sunset, today):
            continue
        told.add(name)
        place = origins.of(library.clips[clip], "model")
        yield _ending(library, place, name, model.sunset, today, model.replacement)


def _near(end: date | None, today: date) -> bool:
    return end is not None and (end - today).days < SUNSET_DAYS


def _ending(
    library: Library, place: Origin | None, name: str, end: date | None, today: date, instead: str | None
) -> Diagnostic:
    position = library.position(place or _profile(library))
    when = "was" if end is not None and end < today else "is"
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=f"{name} {when} switched off on {end}",
        position=position,
        expected=instead,
        source=library.source(position),
    )


def _profile(library: Library) -> Origin:
    """Where the configuration names the profile: in the environment's own table, if it does so there."""
    from sorasync.manifest.config import CONFIG_FILE
    from sorasync.manifest.library import Origin

    positions = library.places.locator.of(CONFIG_FILE) if library.places else None
    overlaid = ("env", library.config.env or "", "provider", "profile")
    own = positions is not None and positions.has(overlaid)
    return Origin(CONFIG_FILE, overlaid if own else ("provider", "profile"))
