"""`sorasync fmt`: which files to format, and the result for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sorasync.library_file import CONFIG_FILE, FileRefused
from sorasync.manifest.declare import syntax_faults
from sorasync.manifest.diagnostic import Diagnostic
from sorasync.manifest.faults import Locator
from sorasync.manifest.files import FileFault, LibraryFiles, decode
from sorasync.toml.layout.format_text import FormatError, format_text
from sorasync.toml.parse import TomlError, parse

_MANIFESTS = "manifests"


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """A file before and after formatting.

    With `faults` it cannot be formatted, and `after` is `before`; `obstacle` says why in a few words.
    """

    name: str
    before: str
    after: str
    faults: tuple[Diagnostic, ...] = ()
    obstacle: str = ""

    @property
    def changed(self) -> bool:
        """Whether the layout differs, in whatever way."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file to lay out. `within` is the directory it was found in, None for one that was named itself."""

    path: Path
    within: Path | None = None


def refused(name: str, error: FileRefused) -> FormattedFile:
    """The outcome of a file that is not opened."""
    code = "S110" if error.outside else "S102"
    fault = FileFault(code, f"{name} {error.strerror}").at(name)
    found = Locator(lambda _: None).diagnostics([fault])
    return FormattedFile(name, "", "", tuple(found), "not being a file of the library")


def outcome(name: str, data: bytes) -> FormattedFile:
    """Format a file's bytes. Never raises: everything wrong is in the faults."""
    raw = data.decode("utf-8", "replace")
    try:
        text = decode(data)
        return FormattedFile(name, raw, _ended_alike(raw, format_text(text)))
    except FileFault as fault:
        found, obstacle = [fault.at(name)], "bytes that are no text in UTF-8"
    except TomlError as error:
        found, obstacle = syntax_faults(name, error), "faulty syntax"
    except FormatError as error:
        found = [FileFault("S102", f"{name} was left as it is: {error}").at(name)]
        obstacle = "a layout that would change it"
    faults = Locator(lambda _: raw.removeprefix("\ufeff")).diagnostics(found)
    return FormattedFile(name, raw, raw, tuple(faults), obstacle)


def _ended_alike(raw: str, after: str) -> str:
    """The new text with the line endings of the file, which a checkout may have given it; mixed ones go."""
    ends = raw.count("\n")
    return after.replace("\n", "\r\n") if ends and raw.count("\r\n") == ends else after


def library_files(root: Path) -> list[Path]:
    """`sorasync.toml` and every manifest of a library, also where some of them are faulty."""
    found, _ = LibraryFiles(root).manifests(_manifest_directory(root))
    return [root / CONFIG_FILE, *(root / name for name in found)]


def chosen_files(paths: Iterable[Path]) -> Iterator[Chosen]:
    """The files that arguments name: a file itself, a library's files, or every TOML file of a directory."""
    for path in paths:
        if not path.is_dir():
            yield Chosen(path)
            continue
        found = library_files(path) if (path / CONFIG_FILE).is_file() else _toml_files(path)
        yield from (Chosen(file, path) for file in found)


def _toml_files(directory: Path) -> list[Path]:
    return sorted(file for file in directory.rglob("*.toml") if not _hidden(file.relative_to(directory)))


def _manifest_directory(root: Path) -> str:
    """The manifests' directory, as far as the configuration can be read."""
    try:
        directory = parse(LibraryFiles(root).text(CONFIG_FILE))["library"]["manifests"]
    except (FileFault, TomlError, KeyError, TypeError):
        return _MANIFESTS
    return directory if isinstance(directory, str) else _MANIFESTS


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
