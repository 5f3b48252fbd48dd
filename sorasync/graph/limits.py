"""What a library asks of a provider, held against its profile."""

from __future__ import annotations

from collections.abc import Iterable

from sorasync.graph.render import Kind, Render
from sorasync.manifest.diagnostic import Diagnostic, Severity
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin, StepSpec
from sorasync.profile.lack import Lack
from sorasync.profile.profile import Profile

_CODES = {
    "model": "S120",
    "size": "S121",
    "seconds": "S122",
    "characters": "S123",
    "name": "S123",
    "image": "S124",
    "params": "S125",
    "extend": "S126",
    "edit": "S126",
    "prompt": "S127",
}


class Limits:
    """Fills in the profile's own defaults and collects a diagnostic for each thing it does not have."""

    def __init__(self, library: Library, profile: Profile) -> None:
        self._library = library
        self._profile = profile
        self._checked: dict[tuple[object, ...], list[Lack]] = {}
        self.diagnostics: list[Diagnostic] = []

    def character(self, spec: CharacterSpec) -> None:
        """Check a character."""
        self._report(f"character.{spec.slug}", spec.origin, self._profile.check_character(spec.name))

    def create(self, spec: ClipSpec) -> tuple[str, str, int]:
        """Check a clip that starts from a prompt; its model, size and seconds, defaults filled in."""
        profile, address = self._profile, f"clip.{spec.name}"
        name = spec.model or profile.default_model
        model = profile.model(name) if name else None
        size = spec.size or (model.default_size if model else None)
        seconds = spec.seconds or (model.default_seconds if model else None)
        asked = (name, size, seconds, len(spec.characters), spec.image is not None)
        if asked not in self._checked or spec.params:
            self._checked[asked] = profile.check_create(
                model=name,
                size=size,
                seconds=seconds,
                characters=len(spec.characters),
                image=spec.image is not None,
                params=spec.params,
            )
        lacks = self._checked.pop(asked) if spec.params else self._checked[asked]
        absent = [
            Lack(field, f"no {field} is given, and {profile.name} has none of its own")
            for field, value in (("model", name), ("size", size), ("seconds", seconds))
            if value is None
        ]
        self._report(address, spec.origin, [*absent, *lacks, *self._prompt(spec.prompt or "")])
        return name or "", size or "", seconds or 0

    def step(self, spec: ClipSpec, step: StepSpec, source: Render) -> int:
        """Check a step on its source; the seconds that it adds, 0 for an edit."""
        extends = step.kind == Kind.EXTEND
        seconds = step.seconds if extends else None
        if extends and seconds is None:
            seconds = self._profile.extension_default(source.seconds) or 0
        asked = (step.kind, seconds, source.extensions, source.seconds)
        if asked not in self._checked or step.params:
            self._checked[asked] = self._profile.check_step(
                step.kind,
                seconds=seconds,
                extensions=source.extensions,
                total_seconds=source.seconds,
                params=step.params,
            )
        lacks = self._checked.pop(asked) if step.params else self._checked[asked]
        self._report(f"clip.{spec.name}", step.origin, [*lacks, *self._prompt(step.prompt)])
        return seconds or 0

    def _prompt(self, prompt: str) -> Iterable[Lack]:
        most = self._profile.limits.prompt_chars
        return [Lack("prompt", f"the prompt has {len(prompt)} characters", f"at most {most}")] * (
            len(prompt) > most
        )

    def _report(self, address: str, origin: Origin, lacks: Iterable[Lack]) -> None:
        for lack in lacks:
            field, *rest = lack.field.split(".")
            place = Origin(origin.file, (*origin.path, field, *rest))
            self.diagnostics.append(
                Diagnostic(
                    code=_CODES.get(field, "S129"),
                    severity=Severity.ERROR,
                    message=lack.message,
                    position=self._library.position(place),
                    address=address,
                    expected=lack.expected,
                    fix=lack.fix,
                )
            )
