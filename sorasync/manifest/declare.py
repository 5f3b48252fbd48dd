"""One manifest file: its values checked, its placeholders filled, its matrices and rows expanded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sorasync.manifest.faults import Fault
from sorasync.manifest.field_types import REVIEW_FILE, SLUG
from sorasync.manifest.files import FileFault, Look
from sorasync.manifest.matrix import check_matrix, instances, suffix
from sorasync.manifest.schema import EachModel, ManifestModel
from sorasync.manifest.suggest import shown
from sorasync.manifest.template import Problem, has_placeholders, substitute, variable_faults
from sorasync.manifest.validate import validate
from sorasync.toml.parse import TomlError, copied
from sorasync.toml.positions import TomlPath

_SLUG = re.compile(SLUG)
_SLUG_WORDS = "letters, digits, - and _, a letter or digit first, at most 64"
_TABLES = ("vars", "characters", "stills", "clips", "cuts", "picks", "defaults", "review")
# Tables whose declarations may have a matrix.
_VARIED = ("clips", "stills")
# The kinds of file that rows come from.
_ROW_FILES = ("csv", "jsonl", "sqlite")
_EACH = '{ csv = "people.csv", key = "id" }'
_KINDS = {"clips": "clip", "characters": "character", "stills": "still", "cuts": "cut"}


@dataclass(slots=True)
class Instance:
    """Where a clip or still of the expanded file was declared, with its values if a matrix made it.

    `row`: they are those of a row, which stand in no address and no key but for the row's own key.
    """

    slug: str
    values: Mapping[str, Any] = field(default_factory=dict)
    row: bool = False


@dataclass(slots=True)
class Declared:
    """What one file declares.

    `clips` and `stills` in `model` are keyed by their full names. `slugs`, `cast`, `cuts` and `stills` are
    all names in the file, those of faulty declarations too. The others go by address: `instances` has what
    is a template or made by a matrix, `partial` of what a faulty key was removed, `matrices` which
    declarations make several clips or stills.
    """

    file: str
    model: ManifestModel
    scope: dict[str, Any]
    slugs: list[str]
    cast: list[str]
    instances: dict[str, Instance]
    partial: set[str]
    matrices: set[str]
    faults: list[Fault]
    cuts: list[str]
    stills: list[str]


def declare(
    file: str, raw: dict[str, Any], variables: Mapping[str, Any], look: Look, *, templates: bool = True
) -> Declared:
    """Check and expand the values of one file; `variables` are the library's. `look` reads files of rows.

    `templates` may be False where the text is known to hold no `{{`. `raw` is used up.
    """
    return _Declaring(file, raw, variables, look, templates).run()


class _Declaring:
    """The work on one file."""

    def __init__(
        self, file: str, raw: dict[str, Any], variables: Mapping[str, Any], look: Look, templates: bool
    ) -> None:
        self.file = file
        self.look = look
        self.raw = raw
        self.templates = templates
        self.faults: list[Fault] = []
        self.instances: dict[str, Instance] = {}
        self.partial: set[str] = set()
        self.matrices: set[str] = set()
        self.scope = dict(variables)

    def run(self) -> Declared:
        for name in _TABLES:
            if not isinstance(self.raw.get(name, {}), dict):
                message = f"`{name}` must be a table, not {shown(self.raw[name])}"
                self.faults.append(Fault("S104", message, self.file, (name,), "a table"))
                del self.raw[name]
        if "review" in self.raw and not self.file.endswith(f"/{REVIEW_FILE}") and self.file != REVIEW_FILE:
            message = f"`review` belongs in {REVIEW_FILE}, where `sorasync review` writes it"
            self.faults.append(Fault("S103", message, self.file, ("review",), on_key=True))
            del self.raw["review"]
        own = self.raw.get("vars", {})
        self.faults += variable_faults(own, self.file, lambda name: ("vars", name))
        self.scope.update(own)
        slugs, cast = list(self.raw.get("clips", {})), list(self.raw.get("characters", {}))
        cuts, stills = list(self.raw.get("cuts", {})), list(self.raw.get("stills", {}))
        self._names()
        if self.templates:
            self._fill_plain()
        for table in _VARIED:
            if table in self.raw:
                self.raw[table] = self._expanded(table)
        model = self._validated()
        return Declared(
            self.file,
            model,
            self.scope,
            slugs,
            cast,
            self.instances,
            self.partial,
            self.matrices,
            self.faults,
            cuts,
            stills,
        )

    def _names(self) -> None:
        for table, kind in _KINDS.items():
            for slug in [slug for slug in self.raw.get(table, {}) if not _SLUG.fullmatch(slug)]:
                message = f"{shown(slug)} cannot be the name of a {kind}"
                self.faults.append(
                    Fault("S116", message, self.file, (table, slug), _SLUG_WORDS, _slug(slug), on_key=True)
                )
                del self.raw[table][slug]

    def _fill_plain(self) -> None:
        for table in ("defaults", "characters", "cuts"):
            if has_placeholders(self.raw.get(table)):
                self.raw[table], problems = substitute(self.raw[table], self.scope)
                self._problems(problems, (table,), self.scope, None)

    def _expanded(self, table: str) -> dict[str, Any]:
        """The clips or stills with a matrix replaced by its instances, placeholders filled."""
        expanded: dict[str, Any] = {}
        for slug, declared in self.raw[table].items():
            if table == "clips" and isinstance(declared, dict) and "each" in declared:
                self._expand_rows((table, slug), declared, expanded)
            elif isinstance(declared, dict) and "matrix" in declared:
                self._expand((table, slug), declared, expanded)
            elif self.templates and has_placeholders(declared):
                expanded[slug] = self._filled((table, slug), slug, declared, self.scope)
                self.instances[f"{_KINDS[table]}.{slug}"] = Instance(slug)
            else:
                expanded[slug] = declared
        return expanded

    def _expand(self, at: tuple[str, str], declared: dict[str, Any], into: dict[str, Any]) -> None:
        kind, slug = _KINDS[at[0]], at[1]
        self.matrices.add(f"{kind}.{slug}")
        path: TomlPath = (*at, "matrix")
        matrix, problems = substitute(declared.pop("matrix"), self.scope)
        self._problems(problems, path, self.scope, f"{kind}.{slug}")
        wrong = [] if problems else check_matrix(matrix)
        for problem in wrong:
            self.faults.append(
                Fault(
                    "S115",
                    problem.message,
                    self.file,
                    (*path, *problem.path),
                    problem.expected,
                    address=f"{kind}.{slug}",
                    on_key=problem.on_key,
                )
            )
        if problems or wrong:
            return
        changes = has_placeholders(declared)
        for ending, values in instances(matrix):
            name = slug + ending
            scope = self.scope | values if changes else self.scope
            into[name] = self._filled(at, name, declared, scope) if changes else copied(declared)
            self.instances[f"{kind}.{name}"] = Instance(slug, values)

    def _expand_rows(self, at: tuple[str, str], declared: dict[str, Any], into: dict[str, Any]) -> None:
        """One clip for each row of the file that `each` names."""
        slug, path = at[1], (*at, "each")
        address = f"clip.{slug}"
        self.matrices.add(address)
        if "matrix" in declared:
            message = "`each` and `matrix` cannot be combined"
            self.faults.append(Fault("S111", message, self.file, (*at, "matrix"), address=address))
            return
        table, problems = substitute(declared.pop("each"), self.scope)
        self._problems(problems, path, self.scope, address)
        each = None if problems else self._each(table, path, address)
        if each is None:
            return
        for row in self._rows(each, path, address):
            values = {each.key: row[each.key]}
            name = slug + suffix(values)
            into[name] = self._filled(at, name, declared, self.scope | row)
            self.instances[f"clip.{name}"] = Instance(slug, values, row=True)

    def _each(self, table: object, path: TomlPath, address: str) -> EachModel | None:
        """What `each` says, None where it is wrong."""

        def fault(code: str, message: str, *inside: str, expected: str | None = None) -> None:
            self.faults.append(Fault(code, message, self.file, (*path, *inside), expected, address=address))

        if not isinstance(table, dict):
            fault("S104", f"`each` must be a table, not {shown(table)}", expected=_EACH)
            return None
        each, faults, _ = validate(EachModel, table, lambda place: (self.file, (*path, *place), address))
        self.faults += faults
        if each is None or faults:
            return None
        named = [name for name in _ROW_FILES if getattr(each, name) is not None]
        if not named:
            fault("S112", "`each` names no file", expected=_EACH)
        elif len(named) > 1:
            fault("S111", f"`{named[0]}` and `{named[1]}` cannot be combined", named[1])
        elif (each.table is None) == (named == ["sqlite"]):
            wrong = "`sqlite` needs a `table`" if each.table is None else "only `sqlite` has a `table`"
            fault("S112" if each.table is None else "S111", wrong)
        else:
            return each
        return None

    def _rows(self, each: EachModel, path: TomlPath, address: str) -> Iterable[dict[str, Any]]:
        from sorasync.manifest.data_rows import RowsFault, rows_of

        kind = next(name for name in _ROW_FILES if getattr(each, name) is not None)
        declared = str(getattr(each, kind))
        try:
            return rows_of(each, self.look.data(self.look.resolve(declared, self.file)))
        except FileFault as fault:
            self.faults.append(fault.at(self.file, (*path, kind), address))
        except RowsFault as wrong:
            message = f"{declared}: {wrong.message}"
            place = (*path, wrong.at or kind)
            self.faults.append(
                Fault("S115", message, self.file, place, wrong.expected, wrong.fix, address=address)
            )
        return ()

    def _filled(self, at: tuple[str, str], name: str, declared: Any, scope: Mapping[str, Any]) -> Any:
        filled, problems = substitute(declared, scope)
        if problems:
            address = f"{_KINDS[at[0]]}.{name}"
            self.partial.add(address)
            self._problems(problems, at, scope, address)
        return filled

    def _problems(
        self, problems: Iterable[Problem], path: TomlPath, scope: Mapping[str, Any], address: str | None
    ) -> None:
        for problem in problems:
            self.faults.append(problem.fault(self.file, (*path, *problem.path), scope, address))

    def _validated(self) -> ManifestModel:
        model, faults, removed = validate(ManifestModel, self.raw, self._place)
        known = {fault.path for fault in self.faults}
        self.faults += [fault for fault in faults if fault.path not in known]
        for path in removed:
            if path[0] in _KINDS and len(path) > 1:
                self.partial.add(f"{_KINDS[str(path[0])]}.{path[1]}")
        return model or ManifestModel()

    def _place(self, loc: TomlPath) -> tuple[str, TomlPath, str | None]:
        """The path and address of a place in the expanded values."""
        path = tuple(part for part in loc if part != "[key]")
        if len(path) < 2 or path[0] not in _KINDS:
            return self.file, path, None
        address = f"{_KINDS[str(path[0])]}.{path[1]}"
        instance = self.instances.get(address)
        return self.file, (path[0], instance.slug if instance else path[1], *path[2:]), address


def syntax_faults(file: str, error: TomlError) -> list[Fault]:
    """The syntax faults of a file; a key that stands twice is a duplicate name, not bad syntax."""
    faults = []
    for found in error.faults:
        if found.twice is None:
            fault = Fault("S101", found.message, file, (), found.expected, found.fix)
            faults.append(replace(fault, span=found.span, secret=found.secret))
        else:
            first = f"; first at {file}:{found.first.line}:{found.first.column}" if found.first else ""
            address = _declared_address(found.twice)
            message = f"{address} is declared twice in this file" if address else found.message
            faults.append(Fault("S105", message + first, file, found.twice, address=address, span=found.span))
    return faults


def _declared_address(path: TomlPath) -> str | None:
    """The address that a table of a manifest declares, None for any other path."""
    return f"{_KINDS[str(path[0])]}.{path[1]}" if len(path) == 2 and path[0] in _KINDS else None


def _slug(name: str) -> str | None:
    """The nearest name that is allowed."""
    made = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")[:64]
    return made if _SLUG.fullmatch(made) else None
