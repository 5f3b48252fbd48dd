"""Where and how this program was installed: what it refuses, and what it says to install besides."""

from __future__ import annotations

import re
import shlex
import sys
from importlib import metadata
from pathlib import Path

from sorasync.errors import SorasyncError


def refuse_windows() -> None:
    """Raises `SorasyncError` on Windows: signals, locks and the renaming of open files are not safe there."""
    if sys.platform == "win32":
        raise SorasyncError("sorasync runs on Linux and macOS; on Windows, run it inside WSL")


def missing_extra(what: str, extra: str) -> str:
    """The one line that names the extra `what` needs, and what of it is not installed."""
    missing = [_name(wanted) for wanted in _requirements(extra) if not _is_installed(wanted)]
    found = (
        f"not installed: {', '.join(missing)}"
        if missing
        else "what is installed is too old, or does not load"
    )
    return f"{what} needs the extra {extra} ({found})"


def install_command(extra: str) -> str:
    """The command that installs what is missing of an extra, into the environment that this program runs in.

    It names the packages themselves. By the name of this program an index could hand out anything.
    """
    wanted = _requirements(extra)
    missing = [requirement for requirement in wanted if not _is_installed(requirement)]
    return shlex.join([*_installer(), *(missing or wanted)])


def _requirements(extra: str) -> list[str]:
    found = []
    for line in metadata.requires("sorasync") or ():
        requirement, _, marker = line.partition(";")
        if re.search(rf"""extra\s*==\s*['"]{re.escape(extra)}['"]""", marker):
            found.append(requirement.strip())
    return found


def _is_installed(requirement: str) -> bool:
    try:
        metadata.version(_name(requirement))
    except metadata.PackageNotFoundError:
        return False
    return True


def _name(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    return name[0] if name else requirement


def _installer() -> list[str]:
    if (Path(sys.prefix) / "pipx_metadata.json").exists():
        return ["pipx", "inject", "sorasync"]
    # An environment that uv made, for a tool or a project, has no pip.
    if (metadata.distribution("sorasync").read_text("INSTALLER") or "").strip() == "uv":
        return ["uv", "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install"]
