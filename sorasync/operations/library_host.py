"""One host of a library: its profile, its key and its client."""

from __future__ import annotations

import os
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.clock import Clock
from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from decimal import Decimal

    from sorasync.manifest.config import ProviderConfig
    from sorasync.operations.project import Project
    from sorasync.profile.profile import Profile
    from sorasync.provider.host_client import HostClient

_COMMAND_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Host:
    """One host of a library; `name` is what manifests call it."""

    name: str
    profile: Profile
    settings: ProviderConfig
    project: Project

    @property
    def provider(self) -> str:
        """How renders and changes name it: "" where it is the default."""
        return self.project.hosts.where(self.profile)

    @property
    def table(self) -> str:
        """The header of its table in the configuration."""
        return f"[providers.{self.name}]" if self.provider else "[provider]"

    @property
    def prices(self) -> Mapping[str, Mapping[str, Decimal]]:
        """What the configuration says of its prices."""
        from sorasync.manifest.config import HostConfig

        return self.settings.prices if isinstance(self.settings, HostConfig) else self.project.config.prices

    @property
    def clock(self) -> Clock:
        """The library's clock."""
        return self.project.clock

    def api_key(self) -> str | None:
        """Its key, from the environment or from the configured command; None if there is none.

        The command is run once. Raises `SorasyncError` if it fails.
        """
        command = self.settings.api_key_command
        if command:
            kept = self.project.printed_keys
            if self.provider not in kept:
                words = shlex.split(command) if isinstance(command, str) else command
                kept[self.provider] = _printed(words, self.table)
            return kept[self.provider]
        return os.environ.get(self.key_env) or None

    def key_anew(self) -> str | None:
        """The key that the command prints now: a token may have run out since. Raises `SorasyncError`."""
        self.project.printed_keys.pop(self.provider, None)
        return self.api_key()

    @property
    def key_env(self) -> str:
        """The environment variable of its key."""
        return self.settings.api_key_env or self.profile.auth.env

    def require(self) -> None:
        """See `Project.require_provider`."""
        from sorasync.provider.open_provider import check_key

        if self.profile.base_url is None and self.profile.transport == "in-process":
            from sorasync.operations.in_process_preview import require_preview

            require_preview()

        check_key(self.profile, self.api_key(), self.settings.api_key_env)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[HostClient]:
        """A client for it, closed on exit. Errors of it that nobody handles say whose they are."""
        from sorasync.provider.errors import ProviderError

        default = not self.provider
        try:
            async with self.project.provider() if default else self.project.client_of(self) as client:
                yield client
        except ProviderError as error:
            if self.project.hosts.several:
                error.message = f"{self.name}: {error.message}"
                error.args = (error.message,)
            raise


def _printed(command: list[str], table: str) -> str:
    import subprocess

    by_hand = f"run the command in {table} api_key_command yourself to see why"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise SorasyncError(
            f"api_key_command did not end within {_COMMAND_SECONDS} s", hint=by_hand
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SorasyncError(f"api_key_command could not be run: {why}", hint=by_hand) from error
    key = done.stdout.strip()
    if done.returncode or not key:
        raise SorasyncError(f"api_key_command printed no key (exit code {done.returncode})", hint=by_hand)
    return key
