"""Opening a provider: the one call that the commands need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.clock import Clock
from sorasync.provider.auth import auth_headers
from sorasync.provider.client import VideosClient
from sorasync.provider.host_client import HostClient
from sorasync.provider.job_client import JobClient
from sorasync.provider.kept_answers import KeptAnswers
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.redact import Secret
from sorasync.provider.sender import RenewKey

if TYPE_CHECKING:
    import httpx

    from sorasync.profile.profile import Profile


def open_provider(
    profile: Profile,
    *,
    api_key: str | None = None,
    api_key_env: str | None = None,
    environ: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
    answers: Path | None = None,
    renew_key: RenewKey | None = None,
) -> HostClient:
    """The client for the host of a profile. `answers` is the directory for those that the host could not be
    asked for again.

    The key is `api_key`, or comes from the variable `api_key_env` (default: the profile's own), which errors
    name in any case. A missing key is reported by the first request that needs it, or earlier by `check_key`.
    `renew_key` gets another key where the host has refused the last one. `transport` is `in_process(app)` for
    a server inside this process.
    """
    host = ProviderHost.of(profile, api_key_env)
    key = api_key or (os.environ if environ is None else environ).get(host.key_env)
    kept = None if answers is None else KeptAnswers(answers, host=profile.provider_name)
    kind = VideosClient if host.job is None else JobClient
    return kind(host, api_key=key, transport=transport, clock=clock, answers=kept, renew_key=renew_key)


def check_key(profile: Profile, api_key: str | None, api_key_env: str | None) -> None:
    """Raises `AuthFailed`, as the first request would, if the host wants a key and this one is none."""
    auth_headers(ProviderHost.of(profile, api_key_env), Secret(api_key))
