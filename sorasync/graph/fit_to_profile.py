"""Checks what a library asks for against the profiles of its hosts."""

from __future__ import annotations

from collections.abc import Iterable

from sorasync.graph.render import Kind, Render
from sorasync.manifest.diagnostic import Diagnostic, Severity
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin, StepSpec
from sorasync.manifest.provenance import Origins
from sorasync.manifest.still_spec import StillSpec, StillStep
from sorasync.manifest.workflow import NO_TEMPLATE
from sorasync.profile.hosts import Hosts
from sorasync.profile.profile import Profile
from sorasync.profile.unsupported import Lack
from sorasync.text import counted

_CODES = {
    "model": "S120",
    "size": "S121",
    "seconds": "S122",
    "characters": "S123",
    "name": "S123",
    "image": "S124",
    "last_image": "S124",
    "references": "S131",
    "still": "S131",
    "params": "S125",
    "extend": "S126",
    "edit": "S126",
    "prompt": "S127",
    "workflow": "S129",
}

_OPEN_SOURCE = [
    Lack(
        "edit",
        "a step is rendered at its source's host, and a route does not fix one",
        "one host for the clip",
    )
]

_WHERE = "{} in the clip, or below [defaults] of its file or of sorasync.toml"


class ProfileChecker:
    """Fills in the profiles' own defaults, and collects a diagnostic for each thing that a host lacks."""

    def __init__(self, library: Library, hosts: Hosts) -> None:
        self.library = library
        self._hosts = hosts
        self._checked: dict[tuple[object, ...], list[Lack]] = {}
        self._origins: Origins | None = None
        self._reported: set[tuple[str, Origin, str]] = set()
        self.diagnostics: list[Diagnostic] = []

    def character(self, spec: CharacterSpec) -> None:
        """Check a character."""
        profile, *others = self._hosts.along(spec.provider)
        route = [Lack("provider", "a character is an id at one host, and a route does not fix one")]
        for lack in (*profile.check_character(spec.name), *(route if others else ())):
            self._report(f"character.{spec.slug}", _origin_inside(spec.origin, lack.field), lack)

    def still(self, spec: StillSpec) -> tuple[str, str]:
        """Check a still; its model and size, defaults filled in."""
        profile, *others = self._hosts.along(spec.provider)
        images = profile.images
        name = spec.model or images.default_model
        known = images.model(name) if name else None
        size = spec.size or (known.default_size if known else None)
        lacks = [
            lack
            for one in (profile, *others)
            for lack in one.check_still(
                model=name, size=size, params=spec.params, references=len(spec.references)
            )
        ]
        lacks += [lack for one in (profile, *others) for lack in _still_workflow_lacks(spec, one)]
        if not lacks:
            lacks = [
                Lack(
                    field, f"no {field} given, and {profile.name} has no default for stills", f"{field} in it"
                )
                for field, value in (("model", name), ("size", size))
                if value is None and (known is not None or name is None)
            ]
        for lack in (*lacks, *_prompt_lacks(spec.prompt, profile)):
            place = spec.origin if lack.field == "still" else _origin_inside(spec.origin, lack.field)
            self._report(spec.address, place, lack)
        return name or "", size or ""

    def still_edit(self, spec: StillSpec, step: StillStep) -> None:
        """Check an edit of a still."""
        profile, *others = self._hosts.along(spec.provider)
        lacks = profile.check_still_edit(step.params) + (_OPEN_SOURCE if others else [])
        for lack in [*lacks, *_prompt_lacks(step.prompt, profile)]:
            self._report(spec.address, _origin_inside(step.origin, lack.field), lack)

    def create(self, spec: ClipSpec, cast: Iterable[Render] = ()) -> tuple[str, str, int]:
        """Check a clip that starts from a prompt, with its characters; its model, size and seconds, defaults
        filled in.
        """
        (profile, *others), address = self._hosts.along(spec.provider), f"clip.{spec.name}"
        name = spec.model or profile.default_model
        model = profile.model(name) if name else None
        size = spec.size or (model.default_size if model else None)
        seconds = spec.seconds or (model.default_seconds if model else None)
        image = spec.image is not None or spec.still is not None
        last_image = spec.last_image is not None or spec.last_still is not None
        asked = (spec.provider, name, size, seconds, len(spec.characters), image, last_image)
        if asked not in self._checked or spec.params:
            self._checked[asked] = [
                lack
                for one in (profile, *others)
                for lack in one.check_create(
                    model=name,
                    size=size,
                    seconds=seconds,
                    characters=len(spec.characters),
                    image=image,
                    last_image=last_image,
                    params=spec.params,
                )
            ]
        lacks = self._checked.pop(asked) if spec.params else self._checked[asked]
        absent: Iterable[Lack] = ()
        if name is None or size is None or seconds is None:
            absent = [
                Lack(field, f"no {field} given, and {profile.name} has no default", _WHERE.format(field))
                for field, value in (("model", name), ("size", size), ("seconds", seconds))
                if value is None and (model is not None or name is None)
            ]
        cast = tuple(cast)
        for one in (profile, *others):
            lacks = [*lacks, *self._cast_elsewhere(one, cast), *_workflow_lacks(spec, one)]
            lacks += _prompt_lacks(spec.prompt or "", one)
        for lack in (*absent, *lacks):
            self._origins = self._origins or Origins(self.library)
            self._report(address, self._origins.of(spec, lack.field), lack)
        return name or "", size or "", seconds or 0

    def step(self, spec: ClipSpec, step: StepSpec, source: Render) -> int:
        """Check a step on its source; the seconds that it adds, 0 for an edit."""
        extends, profile = step.kind == Kind.EXTEND, self._hosts.at(source.provider)
        seconds = step.seconds if extends else None
        if extends and seconds is None:
            seconds = profile.extension_default(source.seconds) or 0
        asked = (
            source.provider,
            step.kind,
            seconds,
            source.extensions,
            source.seconds,
            source.model,
            source.size,
        )
        if asked not in self._checked or step.params:
            self._checked[asked] = profile.check_step(
                step.kind,
                seconds=seconds,
                extensions=source.extensions,
                total_seconds=source.seconds,
                model=source.model,
                size=source.size,
                params=step.params,
            )
        lacks = self._checked.pop(asked) if step.params else self._checked[asked]
        left_open = _OPEN_SOURCE if source.route else []
        for lack in [*lacks, *left_open, *_prompt_lacks(step.prompt, profile)]:
            self._report(f"clip.{spec.name}", _origin_inside(step.origin, lack.field), lack)
        return seconds or 0

    def _cast_elsewhere(self, profile: Profile, cast: Iterable[Render]) -> Iterable[Lack]:
        """A character is an id at one host: no other one knows it."""
        here = self._hosts.where(profile)
        for one in cast:
            if one.provider != here:
                there, clip = self._hosts.word(one.provider), self._hosts.word(here)
                message = f"{one.address} is at {there}, and the clip goes to {clip}"
                yield Lack("characters", message, "one `provider` for the clip and its characters")

    def _report(self, address: str, place: Origin, lack: Lack) -> None:
        if (address, place, lack.message) in self._reported:
            return
        self._reported.add((address, place, lack.message))
        position = self.library.position(place)
        self.diagnostics.append(
            Diagnostic(
                code=_CODES.get(lack.field.partition(".")[0], "S129"),
                severity=Severity.ERROR,
                message=lack.message,
                position=position,
                address=address,
                expected=lack.expected,
                fix=lack.fix,
                source=self.library.source(position),
            )
        )


def _origin_inside(origin: Origin, field: str) -> Origin:
    return Origin(origin.file, (*origin.path, *field.split(".")))


def _workflow_lacks(spec: ClipSpec, profile: Profile) -> Iterable[Lack]:
    takes, name = profile.abilities.workflow, profile.name
    if spec.workflow == NO_TEMPLATE:
        return ()
    if spec.workflow is None:
        return (Lack("workflow", f"{name} renders workflows, and the clip has none"),) if takes else ()
    if not takes:
        # An animatic shows what the prompt says, whatever is to render it later.
        return () if profile.simulated else (Lack("workflow", f"{name} takes no workflow"),)
    if (spec.image or spec.still) and '{"$bind":"image"' not in spec.workflow:
        return (Lack("image", "nothing in `bind` takes it: bind image"),)
    takes_seed = '{"$bind":"seed"' in spec.workflow
    if spec.takes > 1 and not takes_seed:
        return (Lack("takes", "every take would be the same video: nothing in `bind` takes the seed"),)
    return [
        Lack(f"params.{param}", f"nothing in `bind` takes it: bind {word}")
        for param, word in (("seed", "seed"), ("negative_prompt", "negative"))
        if param in spec.params and f'{{"$bind":"{word}"' not in spec.workflow
    ]


def _still_workflow_lacks(spec: StillSpec, profile: Profile) -> Iterable[Lack]:
    takes, name = profile.abilities.still_workflow, profile.name
    if spec.workflow == NO_TEMPLATE or (not takes and (spec.workflow is None or profile.simulated)):
        return ()
    if spec.workflow is None:
        return (Lack("still", f"{name} renders workflows, and the still has none"),)
    if not takes:
        return (Lack("workflow", f"{name} takes no workflow"),)
    if spec.steps:
        return (Lack("steps.0", "a still with a workflow has no edits: make another still from its picture"),)
    if spec.references and '{"$bind":"image"' not in spec.workflow:
        return (Lack("references", "nothing in `bind` takes it: bind image"),)
    if spec.takes > 1 and '{"$bind":"seed"' not in spec.workflow:
        return (Lack("takes", "every take would be the same picture: nothing in `bind` takes the seed"),)
    return [
        Lack(f"params.{param}", f"nothing in `bind` takes it: bind {word}")
        for param, word in (("seed", "seed"), ("negative_prompt", "negative"))
        if param in spec.params and f'{{"$bind":"{word}"' not in spec.workflow
    ]


def _prompt_lacks(prompt: str, profile: Profile) -> Iterable[Lack]:
    most = profile.limits.prompt_chars
    if len(prompt) <= most:
        return ()
    return (Lack("prompt", f"the prompt has {counted(len(prompt), 'character')}", f"at most {most}"),)
