"""Warns about a provider or model that has been switched off or soon will be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sorasync.manifest.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from sorasync.manifest.library import Library, Origin
    from sorasync.operations.project import Project
    from sorasync.profile.profile import Profile

CODE = "S128"
# Days before a sunset from which on to warn.
SUNSET_DAYS = 180


def endings(project: Project, library: Library) -> tuple[Diagnostic, ...]:
    """A warning for each host that ends, or one for each model in use that ends by itself, at its first clip.

    The dates are the profile's; the provider's own does not hold for another `base_url`.
    """
    today = datetime.fromtimestamp(project.clock.now(), UTC).date()
    found: list[Diagnostic] = []
    for name, profile in project.hosts:
        if _near(profile.sunset, today):
            place = _profile(library, ("providers", name) if name in project.others else ("provider",))
            found.append(_ending(library, place, profile.title, profile.sunset, today, profile.replacement))
        elif any(model.sunset for model in profile.models.values()):
            found += _of_models(project, profile, library, today)
    return tuple(found)


def _of_models(project: Project, profile: Profile, library: Library, today: date) -> Iterator[Diagnostic]:
    from sorasync.manifest.provenance import Origins

    told: set[str] = set()
    origins = Origins(library)
    for named, clip in sorted(_first_uses(project, profile, library).items(), key=lambda item: item[1]):
        name = named or profile.default_model or ""
        model = profile.model(name)
        if name in told or model is None or not _near(model.sunset, today):
            continue
        told.add(name)
        place = origins.of(library.clips[clip], "model")
        instead = f"use {model.replacement}" if model.replacement else None
        yield _ending(library, place, name, model.sunset, today, instead)


def _first_uses(project: Project, profile: Profile, library: Library) -> Mapping[str | None, str]:
    """The models that clips at a host name, with the first such clip by name."""
    hosts = project.hosts
    if not hosts.several:
        return library.models()
    found: dict[str | None, str] = {}
    for name, spec in library.clips.items():
        if spec.source is None and hosts.named(spec.provider) is profile:
            found.setdefault(spec.model, name)
    return found


def _near(end: date | None, today: date) -> bool:
    return end is not None and (end - today).days < SUNSET_DAYS


def _ending(
    library: Library, place: Origin, name: str, end: date | None, today: date, instead: str | None
) -> Diagnostic:
    position = library.position(place)
    when = "was" if end is not None and end < today else "is"
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=f"{name} {when} switched off on {end}",
        position=position,
        expected=instead,
        source=library.source(position),
    )


def _profile(library: Library, table: tuple[str, ...]) -> Origin:
    """Where the configuration names the profile: in the environment's own table, if it does so there."""
    from sorasync.library_file import CONFIG_FILE
    from sorasync.manifest.library import Origin

    positions = library.places.locator.of(CONFIG_FILE) if library.places else None
    overlaid = ("env", library.config.env or "", *table, "profile")
    own = positions is not None and positions.has(overlaid)
    return Origin(CONFIG_FILE, overlaid if own else (*table, "profile"))
