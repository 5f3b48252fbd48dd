"""Reads what a declaration names from files and checks its prompt; the faults are kept."""

from __future__ import annotations

from sorasync.manifest.config import Config
from sorasync.manifest.config_load import has_host, no_such_host
from sorasync.manifest.declare import Declared
from sorasync.manifest.faults import Fault
from sorasync.manifest.field_types import LONGEST_PROMPT
from sorasync.manifest.files import FileFault, Look
from sorasync.manifest.library import Origin
from sorasync.manifest.schema import BindModel
from sorasync.manifest.template import render
from sorasync.manifest.text import control_character, normalise
from sorasync.manifest.workflow import NO_TEMPLATE, WORDS, template_of
from sorasync.toml.positions import Span, TomlPath


class DeclarationReader:
    """The prompts and files of one manifest: `faults` grows as they are read."""

    def __init__(self, declared: Declared, files: Look, config: Config) -> None:
        self.declared = declared
        self.config = config
        self.file = declared.file
        self.files = files
        self.faults: list[Fault] = []
        self._templates: dict[tuple[object, ...], str] = {}

    def named(self, declared: str | None) -> str | None:
        """The path of a prompt file in the library, None if there is none."""
        try:
            return None if declared is None else self.files.resolve(declared, self.file)
        except FileFault:
            return None

    def prompt_file(self, declared: str, path: TomlPath, address: str) -> str:
        """The prompt in a file, its placeholders filled."""
        try:
            file = self.files.resolve(declared, self.file)
            text = self.files.text(file)
        except FileFault as fault:
            self.faults.append(fault.at(self.file, path, address) if fault.span is None else fault.at(file))
            return ""
        if "{{" in text:
            instance = self.declared.instances.get(address)
            scope = {**self.declared.scope, **instance.values} if instance else self.declared.scope
            filled, problems = render(text, scope)
            for problem in problems:
                span = _placeholder_span(text, problem.offset, problem.text)
                self.faults.append(problem.fault(file, (), scope, address, span))
            text = filled
        return self.checked(text, path, address)

    def checked(self, text: str, path: TomlPath, address: str, *, layout: bool = True) -> str:
        """Normalised prompt; reports S113 if it is empty, too long or has control characters."""
        if layout:
            text = normalise(text)
        if not text or text.isspace():
            self.fault("S113", "the prompt is empty", path, address)
        elif len(text) > LONGEST_PROMPT:
            message = f"the prompt is {len(text):,} characters long"
            self.fault("S113", message, path, address, f"at most {LONGEST_PROMPT:,} characters")
        elif not text.isprintable() and (wrong := control_character(text)):
            self.fault("S113", f"the prompt contains the control character {wrong}", path, address)
        return text

    def digest(self, declared: str, path: TomlPath, address: str) -> tuple[str | None, str | None]:
        """The path of a file in the library, and its SHA-256."""
        try:
            file = self.files.resolve(declared, self.file)
            return file, self.files.sha256(file)
        except FileFault as fault:
            self.faults.append(fault.at(self.file, path, address))
            return None, None

    def template(
        self,
        declared: str,
        place: Origin,
        bind: BindModel,
        bound: Origin,
        kept: tuple[str, ...],
        address: str,
    ) -> str:
        """The template of a workflow that is named at `place`, with inputs that are bound at `bound`."""
        asked = (declared, place.file, bind.model_dump_json(), kept)
        if asked not in self._templates:
            targets = {word: tuple(getattr(bind, word) or ()) for word in WORDS}
            try:
                file = self.files.resolve(declared, place.file)
                found, faults = template_of(self.files.text(file), targets, bind.fps, kept)
            except FileFault as fault:
                self.faults.append(fault.at(place.file, place.path, address))
                found, faults = NO_TEMPLATE, []
            for one in faults:
                at = place if one.word is None else Origin(bound.file, (*bound.path, one.word))
                self.faults.append(
                    Fault("S119", one.message, at.file, at.path, one.expected, one.fix, address)
                )
            self._templates[asked] = found
        return self._templates[asked]

    def host(self, own: str | None, inherited: str | None, path: TomlPath, address: str) -> str | None:
        """The host that a declaration chooses, `own` at that path."""
        if own is not None and not has_host(self.config, own):
            self.faults.append(no_such_host(self.config, own, self.file, (*path, "provider"), address))
            return None
        return own or inherited

    def fault(
        self,
        code: str,
        message: str,
        path: TomlPath,
        address: str,
        expected: str | None = None,
        *,
        on_key: bool = False,
    ) -> None:
        """Note a fault of this manifest."""
        self.faults.append(Fault(code, message, self.file, path, expected, None, address, on_key=on_key))


def _placeholder_span(text: str, offset: int, placeholder: str) -> Span:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Span(line, column, column + len(placeholder))
