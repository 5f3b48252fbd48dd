"""Where each resolved value of a clip comes from, for `show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.files import FileFault, LibraryFiles
from sorasync.manifest.library import ClipSpec, Library, Origin
from sorasync.manifest.matrix import instance_values
from sorasync.manifest.still_spec import STILL_PREFIX, StillSpec
from sorasync.toml.parse import TomlError, parse
from sorasync.toml.positions import TomlPath

# A field, its value, and where it was written, or a few words if it was not.
Provenance = tuple[str, object, Origin | str]

_BUILT_IN = "built in"
_PROVIDER = "left to the provider's profile"
_OF_CREATE = ("model", "size", "seconds")


def provenance(library: Library, clip_name: str) -> list[Provenance]:
    """Each resolved field of a clip with its origin: clip, defaults of the file or the library, pick, matrix.

    `matrix.KEY` and `var.NAME` rows follow for every value that a placeholder may have put in. Reads the
    clip's file again; raises `KeyError` for a name that the library does not have.
    """
    return Origins(library).rows(library.clips[clip_name])


def still_rows(library: Library, spec: StillSpec) -> Iterator[Provenance]:
    """Each resolved field of a still with its origin, those without a value left out."""
    try:
        raw = parse(LibraryFiles(library.root).text(spec.origin.file))
    except (FileFault, TomlError):
        raw = {}
    own = _subtable(_subtable(raw, "stills"), str(spec.origin.path[1]))
    defaults = _subtable(raw, "defaults")

    def of(key: str, otherwise: str) -> Origin | str:
        if key in own:
            return _inside(spec.origin, key)
        if key not in _SHARED:
            return otherwise
        if key in defaults:
            return Origin(spec.origin.file, ("defaults", key))
        value = getattr(library.config.defaults, key, None)
        return otherwise if value is None else Origin(CONFIG_FILE, ("defaults", key))

    written = "prompt_file" if "prompt_file" in own else "prompt"
    yield "prompt", spec.prompt, _inside(spec.origin, written)
    for name in ("model", "size"):
        value = getattr(spec, name)
        yield name, _PROVIDER if value is None else value, of(name, _PROVIDER)
    if spec.provider is not None:
        yield "provider", spec.provider, of("provider", "the model's")
    if spec.references:
        yield "references", [file for file, _ in spec.references], _inside(spec.origin, "references")
    if spec.workflow is not None:
        yield "workflow", own.get("workflow"), _inside(spec.origin, "workflow")
    yield "takes", spec.takes, of("takes", _BUILT_IN)
    if spec.pick is not None:
        yield "pick", spec.pick, library.picks.get(spec.picked_as, _inside(spec.origin, "pick"))
    for name in ("gate", "revision", "protect"):
        yield name, getattr(spec, name), of(name, _BUILT_IN)
    if spec.tags:
        yield "tags", list(spec.tags), of("tags", _BUILT_IN)
    if spec.description is not None:
        yield "description", spec.description, _inside(spec.origin, "description")
    for key, value in spec.params.items():
        yield f"params.{key}", value, _inside(spec.origin, "params", key)
    for number, step in enumerate(spec.steps, 1):
        yield f"steps[{number}].edit", step.prompt, _inside(step.origin, "edit")
        for key, value in step.params.items():
            yield f"steps[{number}].params.{key}", value, _inside(step.origin, "params", key)
    for key, value in instance_values(spec.name).items():
        yield f"matrix.{key}", value, _inside(spec.origin, "matrix", key)


# What a still takes from `[defaults]`.
_SHARED = ("provider", "size", "protect", "tags")


def _inside(origin: Origin, *path: str) -> Origin:
    return Origin(origin.file, (*origin.path, *path))


class Origins:
    """Where single fields of clips were written. Each file is read at most once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._files = LibraryFiles(library.root)
        self._raw: dict[str, dict[str, Any]] = {}

    def rows(self, spec: ClipSpec) -> list[Provenance]:
        """Every field of a clip that has a value; see `provenance`."""
        looking = _OriginSearch(self._library, spec, self._parsed(spec.origin.file))
        rows = [*looking.beginning(), *looking.settings(), *looking.steps(), *looking.variables()]
        return [row for row in rows if row[1] is not None]

    def of(self, spec: ClipSpec, field: str) -> Origin:
        """The place of a field (`size`, `params.seed`): in the clip, or in the defaults that it inherits."""
        looking = _OriginSearch(self._library, spec, self._parsed(spec.origin.file))
        name, _, rest = field.partition(".")
        found = looking.param(rest) if name == "params" and rest else looking.of(name)
        return found if isinstance(found, Origin) else Origin(spec.origin.file, (*spec.origin.path, name))

    def _parsed(self, file: str) -> dict[str, Any]:
        if file not in self._raw:
            try:
                self._raw[file] = parse(self._files.text(file))
            except (FileFault, TomlError):
                self._raw[file] = {}
        return self._raw[file]


class _OriginSearch:
    """The search for one clip's origins in its file and the configuration."""

    def __init__(self, library: Library, spec: ClipSpec, raw: dict[str, Any]) -> None:
        self.library = library
        self.spec = spec
        self.raw = raw
        self.path = spec.origin.path
        self.own: Mapping[str, Any] = _subtable(_subtable(raw, "clips"), str(self.path[-1]))
        self.defaults: Mapping[str, Any] = _subtable(raw, "defaults")

    def beginning(self) -> Iterator[Provenance]:
        """The prompt, or the clip that this one continues."""
        if self.spec.source is not None:
            yield "from", self.spec.source, self._here("from")
        else:
            key = next(
                (key for key in ("prompt", "prompt_file", "shots", "scene") if key in self.own), "prompt"
            )
            yield "prompt", self.spec.prompt, self._here(key)
            if key in ("shots", "scene") and "style" not in self.own:
                style = self.defaults.get("style", self.library.config.defaults.style)
                yield "style", style, self._default("style")

    def settings(self) -> Iterator[Provenance]:
        """All values of a clip itself."""
        spec, create = self.spec, self.spec.source is None
        for name in _OF_CREATE if create else ():
            value = getattr(spec, name)
            yield name, _PROVIDER if value is None else value, self.of(name, _PROVIDER)
        yield "provider", spec.provider, self.of("provider", "the model's")
        yield "characters", list(spec.characters) or None, self._here("characters")
        yield "image", _image(spec.image, spec.still), self._here("image")
        yield "last_image", _image(spec.last_image, spec.last_still), self._here("last_image")
        if spec.workflow is not None:
            yield "workflow", self._written("workflow"), self.of("workflow")
        yield "takes", spec.takes, self.of("takes", _BUILT_IN)
        yield "pick", spec.pick, self.library.picks.get(spec.name, self._here("pick"))
        yield "revision", spec.revision, self.of("revision", _BUILT_IN)
        yield "protect", spec.protect, self.of("protect", _BUILT_IN)
        yield "tags", list(spec.tags) or None, self.of("tags", _BUILT_IN)
        yield "description", spec.description, self._here("description")
        for key in spec.params:
            yield f"params.{key}", spec.params[key], self.param(key)

    def steps(self) -> Iterator[Provenance]:
        """Each step's prompt and seconds."""
        written = self.own.get("steps", [])
        for number, step in enumerate(self.spec.steps, 1):
            raw = written[number - 1] if isinstance(written, list) and number <= len(written) else {}
            path = step.origin.path
            yield f"steps[{number}].{step.kind}", step.prompt, self._at((*path, step.kind))
            if step.kind == "extend":
                origin = self._at((*path, "seconds")) if "seconds" in raw else self._default("seconds")
                seconds = _PROVIDER if step.seconds is None else step.seconds
                yield f"steps[{number}].seconds", seconds, origin or _PROVIDER
            for key, value in step.params.items():
                yield f"steps[{number}].params.{key}", value, self._at((*path, "params", key))

    def variables(self) -> Iterator[Provenance]:
        """The matrix values of this instance, then the variables that its file sees."""
        chosen = instance_values(self.spec.name)
        table = "each" if self.spec.row else "matrix"
        for key, value in chosen.items():
            yield f"{table}.{key}", value, self._at((*self.path, table, key))
        own = _subtable(self.raw, "vars")
        for name in sorted({*own, *self.library.config.vars} - set(chosen)):
            if name in own:
                yield f"var.{name}", own[name], self._at(("vars", name))
            else:
                yield f"var.{name}", self.library.config.vars[name], Origin(CONFIG_FILE, ("vars", name))

    def of(self, key: str, otherwise: str = "") -> Origin | str:
        """Where a key of the clip was written, in its own table or in the defaults."""
        return self._here(key) if key in self.own else self._default(key) or otherwise

    def _default(self, key: str) -> Origin | str:
        if key in self.defaults:
            return self._at(("defaults", key))
        value = getattr(self.library.config.defaults, key, None)
        return "" if value is None else Origin(CONFIG_FILE, ("defaults", key))

    def _written(self, key: str) -> object:
        defaults = self.defaults.get(key, getattr(self.library.config.defaults, key, None))
        return self.own.get(key, defaults)

    def param(self, key: str) -> Origin:
        """Where a parameter of the clip was written."""
        if key in _subtable(self.own, "params"):
            return self._here("params", key)
        if key in _subtable(self.defaults, "params"):
            return self._at(("defaults", "params", key))
        return Origin(CONFIG_FILE, ("defaults", "params", key))

    def _here(self, *path: str) -> Origin:
        return self._at((*self.path, *path))

    def _at(self, path: TomlPath) -> Origin:
        return Origin(self.spec.origin.file, path)


def _image(file: str | None, still: str | None) -> str | None:
    """An image as it was written."""
    return file if still is None else f"{STILL_PREFIX}{still}"


def _subtable(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}
