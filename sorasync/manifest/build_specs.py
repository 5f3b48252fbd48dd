"""Builds specs from the validated tables of one manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.check_schema import ChecksModel, ClipChecksModel, merged_checks
from sorasync.manifest.config import Config
from sorasync.manifest.config_load import has_host, no_such_host
from sorasync.manifest.declaration_reader import DeclarationReader
from sorasync.manifest.declare import Declared
from sorasync.manifest.faults import Fault
from sorasync.manifest.files import Look
from sorasync.manifest.library import CharacterSpec, ClipSpec, Origin, StepSpec
from sorasync.manifest.matrix import canonical_name
from sorasync.manifest.schema import BindModel, ClipModel, DefaultsModel, StepModel
from sorasync.manifest.schema_rules import NOT_WITH_FROM, STORYBOARD
from sorasync.manifest.still_spec import STILL_PREFIX
from sorasync.manifest.storyboard import storyboard_text
from sorasync.manifest.suggest import listed, nearest
from sorasync.manifest.workflow import NO_TEMPLATE
from sorasync.toml.positions import TomlPath

_EMPTY: dict[str, object] = {}


@dataclass(frozen=True, slots=True)
class Merged:
    """The defaults of a file over those of the library."""

    model: str | None
    provider: str | None
    size: str | None
    seconds: int | None
    takes: int
    style: str | None
    protect: bool
    tags: tuple[str, ...]
    params: Mapping[str, object]
    workflow: tuple[str, Origin] | None
    bind: tuple[BindModel, Origin] | None
    checks: ChecksModel | None


def merged_defaults(
    own: DefaultsModel, library: DefaultsModel, file: str, checks: ChecksModel | None = None
) -> Merged:
    """What a clip of the file takes that says nothing itself. `params` and `checks` are merged key by key."""

    def first(name: str) -> Any:
        value = getattr(own, name)
        return getattr(library, name) if value is None else value

    def placed(name: str) -> Any:
        for model, where in ((own, file), (library, CONFIG_FILE)):
            if (value := getattr(model, name)) is not None:
                return value, Origin(where, ("defaults", name))
        return None

    return Merged(
        model=first("model"),
        provider=first("provider"),
        size=first("size"),
        seconds=first("seconds"),
        takes=first("takes") or 1,
        style=first("style"),
        protect=bool(first("protect")),
        tags=tuple(first("tags") or ()),
        params={**(library.params or {}), **(own.params or {})},
        workflow=placed("workflow"),
        bind=placed("bind"),
        checks=merged_checks(merged_checks(checks, library.checks), own.checks),
    )


def build(
    declared: Declared, config: Config, files: Look
) -> tuple[list[CharacterSpec], list[ClipSpec], list[Fault]]:
    """The characters and clips of a file, and the errors within each.

    A faulty one is built as far as possible, so that references to it can still be checked.
    """
    own = declared.model.defaults
    defaults = merged_defaults(own, config.defaults, declared.file, config.checks)
    work = _Building(declared, defaults, files, config)
    if own.provider is not None and not has_host(config, own.provider):
        work.faults.append(no_such_host(config, own.provider, declared.file, ("defaults", "provider")))
    work.commands = frozenset() if config.checks is None else frozenset(config.checks.commands)
    work.check_commands(own.checks, ("defaults",), None)
    cast = [work.character(slug) for slug in declared.model.characters]
    clips = [work.clip(name, model) for name, model in declared.model.clips.items()]
    return cast, clips, work.faults


class _Building(DeclarationReader):
    """The work on one file: `faults` grows as specs are made."""

    def __init__(self, declared: Declared, defaults: Merged, files: Look, config: Config) -> None:
        super().__init__(declared, files, config)
        self.defaults = defaults
        # The commands of `sorasync.toml` that checks may name.
        self.commands: frozenset[str] = frozenset()
        self._tags: dict[tuple[str, ...], tuple[str, ...]] = {}

    def character(self, slug: str) -> CharacterSpec:
        model = self.declared.model.characters[slug]
        path: TomlPath = ("characters", slug)
        video, digest = self.digest(model.video, (*path, "video"), f"character.{slug}")
        return CharacterSpec(
            slug=slug,
            name=model.name,
            video=video or model.video,
            video_sha256=digest or "",
            origin=Origin(self.file, path),
            protect=model.protect,
            tags=tuple(model.tags),
            description=model.description,
            provider=self.host(model.provider, self.defaults.provider, path, f"character.{slug}"),
        )

    def _shared(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Tags as one object for all clips that have the same."""
        found = tuple(tags)
        return self._tags.setdefault(found, found)

    def clip(self, name: str, model: ClipModel) -> ClipSpec:
        instance = self.declared.instances.get(f"clip.{name}")
        origin = Origin(self.file, ("clips", instance.slug if instance else name))
        if f"clip.{name}" not in self.declared.partial:
            self._structure(name, model, origin)
        self.check_commands(model.checks, origin.path, f"clip.{name}")
        steps = self._steps(name, model.steps, origin) if model.steps else ()
        if model.from_ is not None:
            return self._branch(name, model, origin, steps)
        return self._create(name, model, origin, steps)

    def _of_row(self, name: str) -> bool:
        instance = self.declared.instances.get(f"clip.{name}")
        return instance is not None and instance.row

    def check_commands(self, checks: ClipChecksModel | None, path: TomlPath, address: str | None) -> None:
        """Report bounds of commands that `sorasync.toml` does not have: only there they are declared."""
        for name in checks.commands if checks else ():
            if name not in self.commands:
                message = f"there is no [checks.commands.{name}] in {CONFIG_FILE}"
                fault = Fault(
                    "S107",
                    message,
                    self.file,
                    (*path, "checks", "commands", name),
                    listed(sorted(self.commands)) if self.commands else None,
                    nearest(name, self.commands),
                    address,
                    on_key=True,
                )
                self.faults.append(fault)

    def _branch(self, name: str, model: ClipModel, origin: Origin, steps: tuple[StepSpec, ...]) -> ClipSpec:
        defaults = self.defaults
        return ClipSpec(
            name=name,
            origin=origin,
            steps=steps,
            source=canonical_name(model.from_ or ""),
            takes=model.takes or defaults.takes,
            pick=model.pick,
            revision=model.revision,
            protect=defaults.protect if model.protect is None else model.protect,
            tags=defaults.tags if model.tags is None else self._shared(model.tags),
            description=model.description,
            checks=merged_checks(defaults.checks, model.checks),
            row=self._of_row(name),
        )

    def _create(self, name: str, model: ClipModel, origin: Origin, steps: tuple[StepSpec, ...]) -> ClipSpec:
        defaults = self.defaults
        image, digest, still = self._image(model.image, (*origin.path, "image"), name)
        last, last_digest, last_still = self._image(model.last_image, (*origin.path, "last_image"), name)
        params = defaults.params
        if model.params:
            params = {**params, **model.params}
        renderer = model.model or defaults.model
        named = self.config.models.get(renderer or "")
        inherited = defaults.provider if named is None or named.provider is None else named.provider
        return ClipSpec(
            name=name,
            origin=origin,
            steps=steps,
            prompt=self._prompt(name, model, origin.path),
            prompt_file=self.named(model.prompt_file),
            model=renderer if named is None else named.use,
            provider=self.host(model.provider, inherited, origin.path, f"clip.{name}"),
            size=model.size or defaults.size,
            seconds=model.seconds or defaults.seconds,
            characters=tuple(model.characters) if model.characters else (),
            image=image,
            image_sha256=digest,
            last_image=last,
            last_sha256=last_digest,
            still=still,
            last_still=last_still,
            takes=model.takes or defaults.takes,
            pick=model.pick,
            revision=model.revision,
            protect=defaults.protect if model.protect is None else model.protect,
            tags=defaults.tags if model.tags is None else self._shared(model.tags),
            description=model.description,
            params=params,
            workflow=self._workflow(name, model, origin.path),
            checks=merged_checks(defaults.checks, model.checks),
            row=self._of_row(name),
        )

    def _image(
        self, declared: str | None, path: TomlPath, name: str
    ) -> tuple[str | None, str | None, str | None]:
        """An image as a file with its digest, or as the name of a still."""
        if declared is None:
            return None, None, None
        if declared.startswith(STILL_PREFIX):
            return None, None, canonical_name(declared.removeprefix(STILL_PREFIX))
        return *self.digest(declared, path, f"clip.{name}"), None

    def _workflow(self, name: str, model: ClipModel, path: TomlPath) -> str | None:
        """The template of the clip's workflow, None where it has none."""
        address = f"clip.{name}"
        workflow, bind = self.defaults.workflow, self.defaults.bind
        if model.workflow is not None:
            workflow = model.workflow, Origin(self.file, (*path, "workflow"))
        if model.bind is not None:
            bind = model.bind, Origin(self.file, (*path, "bind"))
        if workflow is None:
            if model.bind is not None:
                self.fault("S112", "`bind` needs a `workflow`", (*path, "bind"), address, on_key=True)
            return None
        declared, place = workflow
        if bind is None or bind[0].prompt is None:
            message = "nothing says which input of the workflow takes the prompt"
            self.fault("S112", message, path, address, 'bind = { prompt = "6.text" }', on_key=True)
            return NO_TEMPLATE
        if bind[0].frames is not None and bind[0].fps is None:
            at = bind[1]
            fault = Fault("S112", "`frames` needs `fps`", at.file, (*at.path, "frames"), None, None, address)
            self.faults.append(fault)
            return NO_TEMPLATE
        params = {**self.defaults.params, **(model.params or {})}
        absent = {"negative": "negative_prompt" not in params, "image": model.image is None}
        kept = tuple(word for word, lacks in absent.items() if lacks)
        return self.template(declared, place, *bind, kept, address)

    def _structure(self, name: str, model: ClipModel, origin: Origin) -> None:
        """Check that a clip has exactly one beginning, and nothing that goes against it."""
        path, address = origin.path, f"clip.{name}"
        board = model.scene is not None or model.shots is not None or model.style is not None
        count = (
            (model.prompt is not None) + (model.prompt_file is not None) + board + (model.from_ is not None)
        )
        if count == 1 and not board and model.from_ is None:
            return
        given = [
            key for key in ("prompt", "prompt_file", "from_", *STORYBOARD) if getattr(model, key) is not None
        ]
        given = [key.rstrip("_") for key in given]
        if count == 0:
            self.fault(
                "S112",
                f"{address} has nothing to render",
                path,
                address,
                "prompt, prompt_file, a storyboard (scene, shots) or from",
                on_key=True,
            )
        elif count > 1:
            message = f"`{given[0]}` and `{given[1]}` cannot be combined"
            self.fault(
                "S111",
                message,
                (*path, given[1]),
                address,
                "one of prompt, prompt_file, a storyboard or from",
                on_key=True,
            )
        elif board and not model.scene and not model.shots:
            self.fault(
                "S112",
                "a storyboard needs a `scene` or `shots`, not only a `style`",
                (*path, "style"),
                address,
                on_key=True,
            )
        if model.from_ is not None:
            self._branch_structure(model, path, address)

    def _branch_structure(self, model: ClipModel, path: TomlPath, address: str) -> None:
        for key in NOT_WITH_FROM:
            if getattr(model, key) is not None:
                message = (
                    f"`{key}` cannot be combined with `from`: the clip continues a video that has its own"
                )
                self.fault("S111", message, (*path, key), address, on_key=True)
        if not model.steps:
            message = f"{address} starts from {model.from_}, but has no steps"
            self.fault(
                "S112", message, (*path, "from"), address, "at least one [[steps]], with an extend or an edit"
            )

    def _steps(self, name: str, models: list[StepModel], origin: Origin) -> tuple[StepSpec, ...]:
        return tuple(
            self._step(f"clip.{name}", model, (*origin.path, "steps", index))
            for index, model in enumerate(models)
        )

    def _step(self, address: str, model: StepModel, path: TomlPath) -> StepSpec:
        kind = "edit" if model.extend is None and model.edit is not None else "extend"
        text = model.edit if kind == "edit" else model.extend
        whole = address not in self.declared.partial
        if text is None:
            if whole:
                self.fault("S112", "a step needs `extend` or `edit`", path, address, on_key=True)
        elif model.extend is not None and model.edit is not None:
            message = "`extend` and `edit` cannot be combined: make them two steps"
            self.fault("S111", message, (*path, "edit"), address, on_key=True)
        elif kind == "edit" and model.seconds is not None:
            message = "`seconds` cannot be combined with `edit`: an edit keeps the length of its source"
            self.fault("S111", message, (*path, "seconds"), address, on_key=True)
        return StepSpec(
            kind=kind,
            prompt="" if text is None else self.checked(text, (*path, kind), address),
            seconds=None if kind == "edit" else model.seconds or self.defaults.seconds,
            origin=Origin(self.file, path),
            revision=model.revision,
            params=model.params or _EMPTY,
        )

    def _prompt(self, name: str, model: ClipModel, path: TomlPath) -> str:
        address = f"clip.{name}"
        if model.prompt is not None:
            return self.checked(model.prompt, (*path, "prompt"), address)
        if model.prompt_file is not None:
            return self.prompt_file(model.prompt_file, (*path, "prompt_file"), address)
        if model.scene or model.shots:
            style = self.defaults.style if model.style is None else model.style
            for index, shot in enumerate(model.shots or ()):
                if f"clip.{name}" not in self.declared.partial and not any(
                    getattr(shot, key) for key in type(shot).model_fields if key != "seconds"
                ):
                    self.fault(
                        "S112",
                        "a shot needs at least one field besides `seconds`",
                        (*path, "shots", index),
                        address,
                        on_key=True,
                    )
            text = storyboard_text(style, model.scene, model.shots or ())
            return self.checked(text, path, address, layout=False)
        return ""
