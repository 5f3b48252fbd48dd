"""Finds the lines of `sorasync.toml` that override the profile wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.faults import Fault, Locator
from sorasync.manifest.files import LibraryFiles
from sorasync.profile import ProfileError
from sorasync.profile.error import ProfileFault


def placed(
    error: ProfileError,
    root: Path,
    env: str | None,
    overrides: Mapping[str, object],
    table: tuple[str, ...] = ("provider",),
) -> SorasyncError:
    """The faults at their places, where all of them stand in the host's `table`; else the error as it is."""
    if not error.faults or not all(_holds(overrides, one.path) for one in error.faults):
        return error
    locator = Locator(LibraryFiles(root).text_or_none)
    return ManifestError(locator.diagnostics(_config_fault(one, env, locator, table) for one in error.faults))


def with_profile_faults(error: ManifestError, root: Path, env: str | None) -> ManifestError:
    """The faults of a configuration, and of what its sound part changes of the profile."""
    from sorasync.manifest.config_load import sound_config
    from sorasync.operations.project import profile_of

    config = sound_config(root, env)
    if config is None:
        return error
    try:
        profile_of(root, config)
    except ProfileError as also:
        found = placed(also, root, config.env, config.provider.overrides)
        if isinstance(found, ManifestError):
            return ManifestError({*error.diagnostics, *found.diagnostics})
    return error


def _holds(table: object, path: tuple[str, ...]) -> bool:
    """Whether the value at the path, or one that it lies in, comes from the table."""
    if not path:
        return False
    for part in path:
        if not isinstance(table, Mapping):
            return True
        if part not in table:
            return False
        table = table[part]
    return True


def _config_fault(found: ProfileFault, env: str | None, locator: Locator, table: tuple[str, ...]) -> Fault:
    path = (*table, *found.path)
    positions = locator.of(CONFIG_FILE)
    if env is not None and positions is not None and positions.has(("env", env, *path)):
        path = ("env", env, *path)
    code = "S103" if found.unknown else "S104"
    message = found.sentence if found.message else f"{found.sentence} in the profile"
    key, secret = found.unknown, found.secret
    return Fault(code, message, CONFIG_FILE, path, found.expected, found.fix, on_key=key, secret=secret)
