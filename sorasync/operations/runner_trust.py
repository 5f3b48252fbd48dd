"""What a job may make a runner do: it comes from a database, and spends on the runner's keys.

A job names hosts, the environment variable that holds the key, and a bucket. A key is only ever sent to the
host that its profile ships with, or to one that the runner was started with. A job carries no key, runs no
command, and names no file outside of its own directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sorasync.assets.bucket_url import parse_bucket_url
from sorasync.errors import SorasyncError
from sorasync.manifest.config import DEFAULT_ASSETS

if TYPE_CHECKING:
    from sorasync.manifest.config import Config
    from sorasync.operations.project import Project
    from sorasync.profile.profile import Profile

_ALLOWED = re.compile(r"^(?P<host>[^\s=/@]+)(=(?P<variable>[A-Za-z_][A-Za-z0-9_]*))?$")


class NotTrusted(SorasyncError):
    """A job asks for what this runner was not told to do."""


@dataclass(frozen=True, slots=True)
class RunnerTrust:
    """The hosts that jobs may name, each with the variable of its key, None where it has none, and buckets.

    A bucket is allowed with what is below its prefix, at its endpoint alone.
    """

    hosts: Mapping[str, str | None]
    buckets: tuple[str, ...] = ()

    @classmethod
    def parse(cls, hosts: tuple[str, ...], buckets: tuple[str, ...]) -> RunnerTrust:
        """From `HOST[:PORT][=VARIABLE]` and URLs. Raises `SorasyncError`."""
        found: dict[str, str | None] = {}
        for text in hosts:
            match = _ALLOWED.match(text)
            if match is None:
                raise SorasyncError(
                    f"--allow {text!r} is not a host", hint="write --allow videos.example=VIDEOS_API_KEY"
                )
            found[match["host"].lower()] = match["variable"]
        for url in buckets:
            parse_bucket_url(url)
        return cls(found, buckets)

    def trusted(self, project: Project) -> Project:
        """The project of a job as this runner carries it out. Raises `NotTrusted`."""
        for host in project.every_host():
            self._require_host(host.profile, host.key_env)
        return self.trusted_here(project)

    def trusted_here(self, project: Project) -> Project:
        """The project of a job that asks no host. Raises `NotTrusted`."""
        config = project.config
        self._require_bucket(config)
        # A path that leads out of the unpacked library is for the machines of the team, as another disk is.
        inside = (project.root / config.assets.path).resolve().is_relative_to(project.root.resolve())
        path = config.assets.path if inside else DEFAULT_ASSETS
        # A command would be one that the database has named.
        no_command = {"api_key_command": None}
        others = {name: one.model_copy(update=no_command) for name, one in config.providers.items()}
        changes = {
            "provider": config.provider.model_copy(update=no_command),
            "providers": others,
            "assets": config.assets.model_copy(update={"path": path}),
        }
        return replace(project, config=config.model_copy(update=changes))

    def _require_host(self, profile: Profile, variable: str) -> None:
        if profile.base_url is None:
            # The preview provider inside this process, to which nothing is sent.
            return
        if _as_shipped(profile) and variable == profile.auth.env:
            return
        sent = "" if profile.auth.header == "none" else f"={variable}"
        for host in _key_hosts(profile):
            if host not in self.hosts:
                raise NotTrusted(
                    f"this runner sends nothing to {host}", hint=f"start it with --allow {host}{sent}"
                )
            if sent and self.hosts[host] != variable and (self.hosts[host] or profile.auth.required):
                raise NotTrusted(
                    f"this runner does not send {variable} to {host}",
                    hint=f"start it with --allow {host}{sent}, or name another api_key_env",
                )

    def _require_bucket(self, config: Config) -> None:
        url = config.assets.url
        if url is not None and not any(_is_below(url, allowed) for allowed in self.buckets):
            raise NotTrusted(f"this runner stores nothing in {url}", hint=f"start it with --bucket {url}")


def _as_shipped(profile: Profile) -> bool:
    """Whether keys go where they go with a profile of this program."""
    from sorasync.profile import load_profile, profile_names

    if profile.name not in profile_names():
        return False
    shipped = load_profile(profile.name)
    parts = ("base_url", "auth", "download")
    return all(getattr(shipped, part) == getattr(profile, part) for part in parts)


def _key_hosts(profile: Profile) -> Iterator[str]:
    """Where a key may be sent, as `host` or `host:port`."""
    yield urlsplit(profile.base_url or "").netloc.lower()
    yield from (host.lower() for host in profile.download.with_key)


def _is_below(url: str, allowed: str) -> bool:
    """Whether a place is the allowed one or inside it.

    The endpoint and the account have to be the same: it is there that the runner's credentials are shown.
    """
    inner, outer = parse_bucket_url(url), parse_bucket_url(allowed)
    same = ("scheme", "bucket", "endpoint", "account")
    if any(getattr(inner, part) != getattr(outer, part) for part in same):
        return False
    return PurePosixPath(inner.prefix).is_relative_to(outer.prefix)
