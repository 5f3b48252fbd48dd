"""Builds the stills of one manifest from its validated tables."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.manifest.build_specs import Merged, merged_defaults
from sorasync.manifest.config import Config
from sorasync.manifest.declaration_reader import DeclarationReader
from sorasync.manifest.declare import Declared
from sorasync.manifest.faults import Fault
from sorasync.manifest.files import Look
from sorasync.manifest.library import Origin
from sorasync.manifest.schema import StillModel
from sorasync.manifest.still_spec import StillSpec, StillStep
from sorasync.manifest.workflow import NO_TEMPLATE
from sorasync.toml.positions import TomlPath


def build_stills(declared: Declared, config: Config, files: Look) -> tuple[list[StillSpec], list[Fault]]:
    """The stills of a file, and the errors within each."""
    work = _StillBuilding(declared, files, config)
    defaults = merged_defaults(declared.model.defaults, config.defaults, declared.file)
    stills = [work.still(name, model, defaults) for name, model in declared.model.stills.items()]
    return stills, work.faults


class _StillBuilding(DeclarationReader):
    """The work on one file: `faults` grows as stills are made."""

    def still(self, name: str, model: StillModel, defaults: Merged) -> StillSpec:
        instance = self.declared.instances.get(f"still.{name}")
        path: TomlPath = ("stills", instance.slug if instance else name)
        # Of the defaults only those that mean the same for a picture: its model and parameters are others.
        named = self.config.models.get(model.model or "")
        inherited = defaults.provider if named is None or named.provider is None else named.provider
        return StillSpec(
            name=name,
            origin=Origin(self.file, path),
            prompt=self._prompt(name, model, path),
            prompt_file=self.named(model.prompt_file),
            steps=tuple(self._steps(name, model, path)),
            model=model.model if named is None else named.use,
            provider=self.host(model.provider, inherited, path, f"still.{name}"),
            size=model.size or defaults.size,
            references=tuple(self._references(name, model, path)),
            takes=model.takes,
            pick=model.pick,
            gate=model.gate,
            revision=model.revision,
            protect=defaults.protect if model.protect is None else model.protect,
            tags=defaults.tags if model.tags is None else tuple(model.tags),
            description=model.description,
            params=model.params,
            workflow=self._workflow(name, model, path),
        )

    def _workflow(self, name: str, model: StillModel, path: TomlPath) -> str | None:
        """The template of the still's workflow, None if it has none."""
        address, bind = f"still.{name}", model.bind
        if model.workflow is None:
            if bind is not None:
                self.fault("S112", "`bind` needs a `workflow`", (*path, "bind"), address, on_key=True)
            return None
        if bind is None or bind.prompt is None:
            message = "nothing says which input of the workflow takes the prompt"
            self.fault("S112", message, path, address, 'bind = { prompt = "6.text" }', on_key=True)
            return NO_TEMPLATE
        for word in ("seconds", "frames"):
            if getattr(bind, word) is not None:
                self.fault("S119", "a still has no length", (*path, "bind", word), address, on_key=True)
                return NO_TEMPLATE
        absent = {"negative": "negative_prompt" not in model.params, "image": not model.references}
        kept = tuple(word for word, lacks in absent.items() if lacks)
        place, bound = Origin(self.file, (*path, "workflow")), Origin(self.file, (*path, "bind"))
        return self.template(model.workflow, place, bind, bound, kept, address)

    def _prompt(self, name: str, model: StillModel, path: TomlPath) -> str:
        address = f"still.{name}"
        if model.prompt is not None and model.prompt_file is not None:
            message = "`prompt` and `prompt_file` cannot be combined"
            self.fault("S111", message, (*path, "prompt_file"), address, on_key=True)
        if model.prompt is not None:
            return self.checked(model.prompt, (*path, "prompt"), address)
        if model.prompt_file is not None:
            return self.prompt_file(model.prompt_file, (*path, "prompt_file"), address)
        if address not in self.declared.partial:
            message = f"{address} has nothing to render"
            self.fault("S112", message, path, address, "prompt or prompt_file", on_key=True)
        return ""

    def _steps(self, name: str, model: StillModel, path: TomlPath) -> Iterator[StillStep]:
        for index, step in enumerate(model.steps):
            at: TomlPath = (*path, "steps", index)
            prompt = self.checked(step.edit, (*at, "edit"), f"still.{name}")
            yield StillStep(prompt, Origin(self.file, at), step.revision, step.params or {})

    def _references(self, name: str, model: StillModel, path: TomlPath) -> Iterator[tuple[str, str]]:
        for index, declared in enumerate(model.references):
            file, digest = self.digest(declared, (*path, "references", index), f"still.{name}")
            if file is not None and digest is not None:
                yield file, digest
