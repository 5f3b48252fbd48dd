"""Checks out a git revision of a library into a temporary directory, without touching the working tree."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE

_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Revision:
    """A library at a revision: where its files lie for now, and the commit's full id."""

    root: Path
    commit: str


@contextmanager
def at_revision(root: Path, revision: str, leave_out: Sequence[str] = ()) -> Iterator[Revision]:
    """Lay the library at `root` out as it was at a revision, for the time of a `with` block.

    Directories of the library named in `leave_out` are not laid out. Raises `SorasyncError` where there is no
    git, no repository, no such revision, or no library in it.
    """
    top = _repository(root)
    prefix = root.resolve().relative_to(top).as_posix().removesuffix(".")
    prefix = f"{prefix}/" if prefix else ""
    commit = _commit(top, revision)
    with tempfile.TemporaryDirectory(prefix="sorasync-revision-") as directory:
        tree = Path(directory) / "tree"
        index = {"GIT_INDEX_FILE": str(Path(directory) / "index")}
        _git(top, "read-tree", commit, env=index)
        listed = _git(top, "--literal-pathspecs", "ls-files", "-z", "--", prefix or ".", env=index)
        names = [name for name in listed.split("\0") if name and not _left_out(name, prefix, leave_out)]
        if f"{prefix}{CONFIG_FILE}" not in names:
            place = prefix.removesuffix("/") or "its root"
            raise SorasyncError(f"there is no library at {revision}: no {CONFIG_FILE} in {place}")
        _git(
            top,
            "checkout-index",
            "-z",
            "--stdin",
            f"--prefix={tree}{os.sep}",
            env=index,
            given="\0".join(names),
        )
        yield Revision(tree / prefix, commit)


def committed_text(root: Path, file: str) -> str | None:
    """The text of a file of the library at the last commit; None where there is none, or no git."""
    try:
        top = _repository(root)
        name = (root.resolve() / file).relative_to(top).as_posix()
        return _git(top, "cat-file", "blob", f"HEAD:{name}")
    except (SorasyncError, ValueError):
        return None


def user_name(root: Path) -> str | None:
    """The name that git writes into commits here; None where it has none."""
    try:
        return _git(root, "config", "user.name").strip() or None
    except SorasyncError:
        return None


def _left_out(name: str, prefix: str, leave_out: Sequence[str]) -> bool:
    return any(name.startswith(f"{prefix}{one.strip('/')}/") for one in leave_out)


def _repository(root: Path) -> Path:
    try:
        return Path(_git(root, "rev-parse", "--show-toplevel").strip()).resolve()
    except _GitFailed as error:
        raise SorasyncError(
            f"{root} is not in a git repository", hint="git says: " + error.message
        ) from error


def _commit(top: Path, revision: str) -> str:
    try:
        return _git(
            top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        ).strip()
    except _GitFailed as error:
        raise SorasyncError(
            f"git knows no revision {revision!r}",
            hint="name a commit, a branch or a tag; a shallow clone may not have it (git fetch --unshallow)",
        ) from error


class _GitFailed(SorasyncError):
    """git ended with an error."""


def _git(directory: Path, *arguments: str, env: dict[str, str] | None = None, given: str = "") -> str:
    """What a git command prints, with `given` as its input. Raises `_GitFailed` or `SorasyncError`."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"} | (env or {}),
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SorasyncError("git is not installed", hint="sorasync diff needs it") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SorasyncError(f"git {arguments[0]} could not be run: {type(error).__name__}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise _GitFailed(said[-1] if said else f"git {arguments[0]} failed")
    return done.stdout
