"""The hosts at which applies are killed: one for every way in which a lost answer is settled."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.hosts.workflow import BOUND, WORKFLOW

# Every process needs a key, that of a person who answers a question too.
os.environ.setdefault("CRASH_KEY", "k")

# Comfy API v2 where jobs are listed with the labels that they were given.
_LABELLED = """\
extends = "comfy-api"
name = "deployment"
settle = "label"
create = { exists_status = [], exists_code = [], body = { metadata = { sorasync = "$label" } } }
[list]
request = "GET /api/v2/jobs?limit=100"
items = "jobs[*]"
label = "metadata.sorasync"
complete = true
settle_seconds = 1
"""
_QUICK = "get = { least_seconds = 0.5, settle_seconds = 1 }\n"


def _last_part(job: str) -> str:
    return job.rpartition("/")[2]


def _of_number(job: str) -> str:
    """Kling's own ids are numbers, and its ledger has what they stand for; so has a job found by our id."""
    name = _last_part(job)
    return str(uuid.UUID(int=int(name))) if name.isdecimal() else name


@dataclass(frozen=True)
class Host:
    """A host by what a library says of it. `billed_as` is what its ledger calls a job that a state knows.

    `second` is another host of the same library, which some of the clips go to.
    """

    dialect: str = "openai"
    profile: str = "preview"
    root: str = "/v1"
    model: str = "sora-2"
    seconds: int = 4
    settings: str = "abilities = { idempotency = false, list_settle_seconds = 1 }\n"
    defaults: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    billed_as: Callable[[str], str] = str
    second: Host | None = None

    def at(self, provider: str) -> Host:
        """The host that a record is of."""
        second = self.second
        return second if second is not None and provider.startswith(f"{second.profile}@") else self

    def table(self, name: str, url: str) -> str:
        """Its table in `sorasync.toml`."""
        prices = "prices" if name == "provider" else f"{name}.prices"
        return (
            f'[{name}]\nprofile = "{self.profile}"\nbase_url = "{url}{self.root}"\n'
            f'api_key_env = "CRASH_KEY"\n{self.settings}[{prices}."{self.model}"]\n"1280x720" = 0.1\n'
        )


VIDEOS = Host()
_KLING = Host("kling", "kling", "/v1", "kling-v2-6", 5, _QUICK, billed_as=_of_number)
_COMFY = {"defaults": BOUND, "files": {"wan.api.json": WORKFLOW}}
# By the class of their lost answers.
JOB_HOSTS = {
    "own-id": Host("comfyui", "comfyui", "", "sora-2", 4, _QUICK, **_COMFY),  # type: ignore[arg-type]
    "own-id-of-task": _KLING,
    "replay": Host("comfy-router", "comfy-router", "/v2", "wan/wan2.7-t2v", 4, _QUICK, billed_as=_last_part),
    "reject": Host("comfy-api", "comfy-api", "", "sora-2", 4, _QUICK, **_COMFY),  # type: ignore[arg-type]
    "label": Host(
        "comfy-api",
        "./deployment.toml",
        "",
        "sora-2",
        4,
        _QUICK,
        BOUND,
        {"wan.api.json": WORKFLOW, "deployment.toml": _LABELLED},
    ),
    "list": Host(
        "replicate",
        "replicate",
        "/v1",
        "google/veo-3-fast",
        4,
        _QUICK + "list = { settle_seconds = 1 }\n",
    ),
    "ask": Host("runway", "runway", "/v1", "gen4.5", 4, _QUICK),
    # What a simulated host could draw would go to no other.
    "two-hosts": Host(
        profile="openai",
        settings='abilities = { idempotency = false, list = "complete", list_settle_seconds = 1 }\n',
        second=_KLING,
    ),
}
