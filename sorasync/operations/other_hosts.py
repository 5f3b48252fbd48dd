"""Reads the profiles of `[providers.NAME]`, and refuses hosts that could be taken for one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sorasync.library_file import CONFIG_FILE
from sorasync.manifest.config import Config, ProviderConfig
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.faults import Fault, Locator
from sorasync.manifest.files import LibraryFiles
from sorasync.operations.profile_faults import placed
from sorasync.operations.project import loaded_profile
from sorasync.profile import ProfileError
from sorasync.profile.hosts import DEFAULT_HOST
from sorasync.profile.profile import Profile


def profiles_of_others(root: Path, config: Config, default: Profile) -> Mapping[str, Profile]:
    """The profiles of the hosts in `[providers]` by name.

    Where the default host draws for nothing there are no others: it draws everything, so that no environment
    for looking at animatics spends money. Raises `ManifestError`, and `ProfileError` for a profile that
    cannot be read.
    """
    if default.simulated:
        return {}
    found: dict[str, Profile] = {}
    for name, settings in config.providers.items():
        try:
            found[name] = loaded_profile(root, settings, settings.prices)
        except ProfileError as error:
            found_at = placed(error, root, config.env, settings.overrides, ("providers", name))
            if found_at is error:
                error.message = f"[providers.{name}]: {error.message}"
                error.args = (error.message,)
            raise found_at from None
    locator = Locator(LibraryFiles(root).text_or_none)
    if faults := list(_faults(config, default, found, locator)):
        raise ManifestError(locator.diagnostics(faults))
    return found


def _faults(
    config: Config, default: Profile, others: Mapping[str, Profile], locator: Locator
) -> Iterator[Fault]:
    known = {DEFAULT_HOST: (config.provider, default)}
    for name, profile in others.items():
        settings, path = config.providers[name], _path_of(config.env, name, locator)
        if profile.simulated:
            message = f"`{name}` only draws animatics, and the default host renders for money"
            use = "[env.NAME.provider] for an environment that draws"
            yield Fault("S104", message, CONFIG_FILE, path, use, on_key=True)
        for before, (other, there) in known.items():
            if there.provider_name == profile.provider_name:
                message = f"`{name}` is the same host as `{before}`: {profile.provider_name}"
                one = 'name = "…" in one of them, where they are two accounts'
                yield Fault("S105", message, CONFIG_FILE, path, one, on_key=True)
            elif _shares_key(settings, profile, other, there):
                message = f"`{name}` would be sent the key of `{before}`, in {profile.auth.env}"
                own = "api_key_env, the variable with the key of this host"
                yield Fault("S112", message, CONFIG_FILE, path, own, on_key=True)
        known[name] = (settings, profile)


def _shares_key(settings: ProviderConfig, profile: Profile, other: ProviderConfig, there: Profile) -> bool:
    """Whether a host would get another one's key without anybody having said so."""
    if settings.api_key_env or settings.api_key_command or profile.auth.header == "none":
        return False
    if other.api_key_command or there.auth.header == "none":
        return False
    return profile.auth.env == (other.api_key_env or there.auth.env)


def _path_of(env: str | None, name: str, locator: Locator) -> tuple[str, ...]:
    positions = locator.of(CONFIG_FILE)
    path = ("providers", name)
    inside = ("env", env or "", *path)
    return inside if env is not None and positions is not None and positions.has(inside) else path
