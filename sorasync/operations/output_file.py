"""Writes a file that somebody asked for, wherever it is, but never over what a library lives on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sorasync.durable import make_directory, write_atomic
from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE, open_file

if TYPE_CHECKING:
    from sorasync.manifest.config import Config
    from sorasync.manifest.library import Library

_DATABASE: Final = b"SQLite format 3\0"


def write_output(path: Path, text: str | Iterable[bytes], *, parents: bool = False) -> None:
    """Write a file atomically. Raises `SorasyncError`, also for a file that `require_output_file` refuses.

    A link is followed; a device or a pipe is written into, never replaced. With `parents`, missing
    directories are made.
    """
    require_output_file(path)
    replace_file(path, text, parents=parents)


def replace_file(path: Path, text: str | Iterable[bytes], *, parents: bool = False) -> None:
    """As `write_output`, for a command that rewrites the library's own files."""
    try:
        if parents:
            make_directory(path.parent)
        data = [text.encode()] if isinstance(text, str) else text
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.writelines(data)
        else:
            write_atomic(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise SorasyncError(f"cannot write {path}: {error.strerror}") from error


def require_output_file(path: Path, library: Library | None = None) -> None:
    """Raise `SorasyncError` where an output would replace a file that a library, of whomever, lives on.

    Of `library`, what it was read from is known as well: prompts, tables of rows, images.
    """
    real = Path(os.path.realpath(path))
    what = _own_file(real)
    if what is None and library is not None:
        root = Path(os.path.realpath(library.root))
        read = real.is_relative_to(root) and real.relative_to(root).as_posix() in library.files
        what = "read by a manifest of the library" if read else None
    if what is not None:
        raise SorasyncError(f"{path} is {what}: nothing else is written there", hint="name another file")


def _own_file(path: Path) -> str | None:
    """What a file is to the library that it is in, None where it is not the library's own."""
    if ".store" in path.parts:
        return "in the asset store"
    root = next((one for one in path.parents if (one / CONFIG_FILE).is_file()), None)
    if root is not None:
        if path.parent == root and _is_root_file(path.name):
            return "the library's own file"
        for config in _configurations(root):
            manifests = Path(os.path.realpath(root / config.library.manifests))
            if path.suffix == ".toml" and path.is_relative_to(manifests):
                return "a manifest of the library"
            if _is_state(path, root, config):
                return "in the state of the library"
            if _is_render(path, root, config):
                return "a render of the library"
    return "a database" if _is_database(path) else None


def _is_root_file(name: str) -> bool:
    from sorasync.profile.price_book import BOOK_FILE

    is_lock = name == "sorasync.lock" or (name.startswith("sorasync-") and name.endswith(".lock"))
    return is_lock or name in (CONFIG_FILE, BOOK_FILE)


def _configurations(root: Path) -> Iterator[Config]:
    """The configuration and that of every environment, as far as they can be read."""
    from sorasync.manifest.config import Config
    from sorasync.manifest.config_load import sound_config
    from sorasync.manifest.outline import environments

    for env in (None, *environments(root)):
        yield sound_config(root, env) or Config()


def _is_state(path: Path, root: Path, config: Config) -> bool:
    """Whether it is the state's file, what SQLite and backups keep beside it, or in the state directory."""
    from sorasync.state.connect import location
    from sorasync.state.postgres_url import is_postgres

    url, file = config.state.url, None
    with suppress(SorasyncError):
        file = None if is_postgres(url) else location(url, root)
    if file is not None:
        real = Path(os.path.realpath(file))
        beside = path.parent == real.parent and path.name.startswith(real.name)
        if beside or path.is_relative_to(real.parent / "backups"):
            return True
    return path.is_relative_to(root / "state")


def _is_render(path: Path, root: Path, config: Config) -> bool:
    """Whether it is a name in the asset directory that was made for a video or a still."""
    from sorasync.assets.made_names import named_objects

    assets = Path(os.path.realpath(root / config.assets.path))
    return path.is_relative_to(assets) and path.relative_to(assets).as_posix() in named_objects(
        assets / ".store"
    )


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with open_file(path, within=None) as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return False
