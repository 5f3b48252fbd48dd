"""Hosts that refuse the second request with a key: its job is looked for in their list, if they have one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from sorasync.apply.report import End
from sorasync.state.record import Status
from tests.apply.world import ends
from tests.hosts.one_host import OneHost, with_key

A = '[clips.a]\nprompt = "A boat at dusk."\n'
TWO_TAKES = A + "takes = 2\n"
LISTED = """\
family = "job"
extends = "{dialect}"
name = "own"
{create}
[list]
request = "GET {path}"
items = "{items}"
{shows}
complete = {complete}
settle_seconds = 5
"""
LABELS = {
    "dialect": "comfy-api",
    "create": 'create = { body = { metadata = { sorasync = "$label" } } }',
    "path": "/api/v2/jobs?limit=100",
    "items": "jobs[*]",
    "shows": 'label = "metadata.sorasync"',
}
PROMPTS = {
    "dialect": "replicate",
    "create": (
        'settle = "reject"\n'
        'create = { idempotency = "Idempotency-Key", idempotency_lives = "24h", exists_status = [422] }'
    ),
    "path": "/predictions",
    "items": "results[*]",
    "shows": 'prompt = "input.prompt"',
}


class RefusesKeys(httpx.AsyncBaseTransport):
    """Refuses a create whose key came before."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._keys: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("idempotency-key")
        if request.method == "POST" and key is not None:
            if key in self._keys:
                return httpx.Response(422, json={"detail": "key was used"})
            self._keys.add(key)
        return await self._inner.handle_async_request(request)


def library(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: dict[str, str],
    manifest: str = A,
    *,
    complete: str = "true",
) -> OneHost:
    own = LISTED.format(complete=complete, **kind)
    it = with_key(
        OneHost(root, kind["dialect"], manifest, profile="./own.toml", files={"own.toml": own}), monkeypatch
    )
    if kind is PROMPTS:
        it.way = RefusesKeys(it.way)
    return it


@pytest.mark.parametrize("complete", ["true", "false"])
@pytest.mark.parametrize("kind", [LABELS, PROMPTS], ids=["labels", "prompts"])
def test_a_request_that_is_refused_for_its_key_is_found_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: dict[str, str], complete: str
) -> None:
    it = library(tmp_path, monkeypatch, kind, TWO_TAKES, complete=complete)
    it.faults({"route": "create", "do": "cut_after", "nth": 1})
    assert it.apply().complete
    assert it.billed() == 2


@pytest.mark.parametrize("kind", [LABELS, PROMPTS], ids=["labels", "prompts"])
def test_what_is_refused_for_its_key_and_not_listed_is_asked_about_and_never_sent_under_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: dict[str, str]
) -> None:
    it = library(tmp_path, monkeypatch, kind)
    it.faults(
        {"route": "create", "do": "cut_after", "nth": 1}, {"route": "list", "do": "list_lag", "seconds": 1e9}
    )
    assert ends(it.apply()) == {"clip.a": End.OPEN}
    assert it.record("clip.a#1").status is Status.UNKNOWN
    assert it.billed() == 1
    it.faults()
    assert it.apply().complete
    assert it.billed() == 1


def test_without_a_list_somebody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = with_key(OneHost(tmp_path, "comfy-api", A), monkeypatch)
    it.faults({"route": "create", "do": "cut_after", "nth": 1})
    assert ends(it.apply()) == {"clip.a": End.OPEN}
    assert it.server.requests["list"] == 0
