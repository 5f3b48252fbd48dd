"""Opening a provider: the one call that the commands need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.clock import Clock
from sorasync.provider.auth import auth_headers
from sorasync.provider.client import VideosClient
from sorasync.provider.host_client import HostClient
from sorasync.provider.job_client import JobClient
from sorasync.provider.kept_answers import KeptAnswers
from sorasync.provider.redact import Secret
from sorasync.provider.spec import HostSpec

if TYPE_CHECKING:
    import httpx


def open_provider(
    wire: Mapping[str, object],
    *,
    api_key: str | None = None,
    api_key_env: str | None = None,
    environ: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
    answers: Path | None = None,
) -> HostClient:
    """The client for a profile's `wire()`. `answers` is the directory for those that the host could not be
    asked for again.

    The key is `api_key`, or comes from the variable `api_key_env` (default: the profile's own), which errors
    name in any case. A missing key is reported by the first request that needs it, or earlier by `check_key`.
    `transport` is `in_process(app)` for a server inside this process.
    """
    spec = _spec(wire, api_key_env)
    key = api_key or (os.environ if environ is None else environ).get(spec.key_env)
    kept = None if answers is None else KeptAnswers(answers)
    kind = VideosClient if spec.job is None else JobClient
    return kind(spec, api_key=key, transport=transport, clock=clock, answers=kept)


def check_key(wire: Mapping[str, object], api_key: str | None, api_key_env: str | None) -> None:
    """Raises `AuthFailed`, as the first request would, if the host wants a key and this one is none."""
    auth_headers(_spec(wire, api_key_env), Secret(api_key))


def _spec(wire: Mapping[str, object], api_key_env: str | None) -> HostSpec:
    spec = HostSpec.from_mapping(wire)
    return spec if api_key_env is None else replace(spec, key_env=api_key_env)
