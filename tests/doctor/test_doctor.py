"""The checks of a provider and of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from sorasync.cli.main import run
from sorasync.doctor.checks import Check, Level, ProbedHost, examine
from sorasync.doctor.host import host_checks
from sorasync.operations.project import Project
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings
from sorasync.provider.client import VideosClient
from sorasync.provider.probe import HostFacts, probe
from sorasync.provider.provider_host import ProviderHost
from sorasync.provider.retry import Patience
from sorasync.provider.tls import Certificate
from tests.provider.fakes import FakeClock

CLIP = '[clips.a]\nprompt = "a pier"\n'


def library(root: Path, config: str) -> Path:
    (root / "manifests").mkdir(parents=True)
    defaults = '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
    (root / "sorasync.toml").write_text(config + defaults)
    (root / "manifests" / "a.toml").write_text(CLIP)
    return root


def at(root: Path, url: str, profile: str = "openai", more: str = "") -> Project:
    text = f'[provider]\nprofile = "{profile}"\nbase_url = "{url}"\napi_key_env = "DOCTOR_KEY"\n{more}'
    return Project.open(library(root, text))


def levels(checks: Mapping[str, list[Check]]) -> dict[str, set[Level]]:
    return {name: {check.level for check in found} for name, found in checks.items()}


def checked(project: Project) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in examine(project).checks:
        found.setdefault(check.name, []).append(check)
    return found


def test_a_healthy_host_is_healthy_and_is_asked_for_nothing_that_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCTOR_KEY", "k")
    with running(PreviewSettings(tmp_path / "server", draw=False, api_key="k")) as server:
        found = checked(at(tmp_path / "library", server.url))
        asked = dict(server.app.state.server.requests)
    assert levels(found)["reachable"] == {Level.OK}
    assert levels(found)["key"] == {Level.OK}
    assert levels(found)["clock"] == {Level.OK}
    assert levels(found)["models"] == {Level.OK}
    assert not {"create", "extend", "edit", "character", "batch", "files"} & asked.keys()


def test_a_wrong_key_is_an_error_that_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCTOR_KEY", "wrong")
    with running(PreviewSettings(tmp_path / "server", draw=False, api_key="k")) as server:
        project = at(tmp_path / "library", server.url)
        (key,) = checked(project)["key"]
        assert not examine(project).healthy
    assert key.level is Level.ERROR
    assert "DOCTOR_KEY" in (key.hint or "")


def test_a_host_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCTOR_KEY", "k")
    (check,) = checked(at(tmp_path, "http://127.0.0.1:9/v1"))["reachable"]
    assert check.level is Level.ERROR


@pytest.mark.parametrize("dialect", ["vllm-omni", "sglang", "litellm"])
def test_every_family_of_servers_can_be_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setenv("DOCTOR_KEY", "k")
    with running(PreviewSettings(tmp_path / "server", draw=False, dialect=dialect)) as server:
        found = checked(at(tmp_path / "library", server.url, dialect))
        assert not server.app.state.server.ledger.charges()
    assert levels(found)["reachable"] == {Level.OK}
    assert Level.ERROR not in levels(found)["key"]


Answering = Callable[[httpx.Request], httpx.Response]


async def facts_of(answer: Answering) -> HostFacts:
    """What a probe finds out about a host made of a function."""
    from sorasync.profile import load_profile

    host = ProviderHost.of(load_profile("openai", base_url="https://host.example/v1"))
    client = VideosClient(
        host,
        api_key="k",
        transport=httpx.MockTransport(answer),
        clock=FakeClock(),
        patience=Patience(attempts=1),
    )
    return await probe(client)


def found_of(answer: Answering, root: Path) -> dict[str, list[Check]]:
    """What a doctor says of such a host."""
    import asyncio

    project = at(root, "https://host.example/v1")
    facts = asyncio.run(facts_of(answer))
    found: dict[str, list[Check]] = {}
    for check in host_checks(project.host_at(), ProbedHost(facts, None), {"sora-2": {"1280x720"}}):
        found.setdefault(check.name, []).append(check)
    return found


def empty_list(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"object": "list", "data": [], "has_more": False})


def test_a_clock_that_is_off_is_told(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": []}, headers={"date": "Fri, 15 Jan 2027 08:05:00 GMT"})

    (check,) = found_of(answer, tmp_path)["clock"]
    assert check.level is Level.WARNING
    assert "300 s ahead of ours" in check.message


def test_a_gateway_that_resends_is_a_warning_with_its_remedy(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": []}, headers={"x-litellm-version": "1.109.1"})

    (check,) = found_of(answer, tmp_path)["gateway"]
    assert check.level is Level.WARNING
    assert "num_retries: 0" in (check.hint or "")


def test_a_gateway_shows_itself_in_its_errors_too(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        error = {"message": "litellm.BadRequestError: LLM Provider NOT provided", "code": "400"}
        return httpx.Response(400, json={"error": error})

    assert found_of(answer, tmp_path)["gateway"][0].level is Level.WARNING


def test_routes_are_read_from_the_hosts_own_description(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/openapi.json":
            paths: dict[str, object] = {
                "/v1/videos": {"post": {}, "get": {}},
                "/v1/videos/{video_id}": {"get": {}},
            }
            return httpx.Response(200, json={"paths": paths})
        return empty_list(request)

    routes = found_of(answer, tmp_path)["routes"]
    assert [check.level for check in routes] == [Level.OK, Level.WARNING]
    assert routes[0].message.endswith(": create")
    assert "extend" in routes[1].message


def test_what_cannot_be_known_without_paying_is_said_to_be_unknown(tmp_path: Path) -> None:
    (check,) = found_of(lambda request: httpx.Response(200, json={"data": []}), tmp_path)["routes"][-1:]
    assert check.level is Level.UNKNOWN
    assert "create" in check.message


def test_only_gets_are_ever_sent(tmp_path: Path) -> None:
    methods = set()

    def answer(request: httpx.Request) -> httpx.Response:
        methods.add(request.method)
        return empty_list(request)

    found_of(answer, tmp_path)
    assert methods == {"GET"}


def test_a_list_without_prompts_where_the_profile_promises_them_is_a_warning(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [{"id": "video_1", "status": "completed"}]})

    assert found_of(answer, tmp_path)["list"][0].level is Level.WARNING


def test_a_list_whose_second_page_repeats_the_first_is_a_warning(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        jobs = [{"id": f"video_{n}", "status": "queued", "prompt": "p"} for n in range(2)]
        return httpx.Response(200, json={"data": jobs, "has_more": True, "last_id": "video_1"})

    assert found_of(answer, tmp_path)["list pages"][0].level is Level.WARNING


def test_a_host_that_announces_its_end_is_a_warning(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": []}, headers={"sunset": "Sat, 01 May 2027 00:00:00 GMT"})

    assert "01 May 2027" in found_of(answer, tmp_path)["sunset"][0].message


@pytest.mark.parametrize(
    ("certificate", "level"),
    [
        (Certificate(fault="self-signed certificate"), Level.ERROR),
        (Certificate(expires_at=1_800_000_000.0 + 86_400), Level.WARNING),
        (Certificate(expires_at=1_800_000_000.0 + 90 * 86_400), Level.OK),
    ],
)
def test_a_certificate_is_judged_by_its_end_and_its_trust(
    tmp_path: Path, certificate: Certificate, level: Level
) -> None:
    import asyncio
    from dataclasses import replace

    project = replace(at(tmp_path, "https://host.example/v1"), clock=FakeClock())
    facts = asyncio.run(facts_of(empty_list))
    checks = list(host_checks(project.host_at(), ProbedHost(facts, certificate), {}))
    assert next(check.level for check in checks if check.name == "tls") is level


def test_a_host_that_was_switched_off_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = library(tmp_path, '[provider]\nprofile = "openai"\n')
    assert run(["--library", str(root), "doctor", "--offline", "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["healthy"] is False
    assert {check["level"] for check in said["checks"] if check["name"] == "sunset"} == {"error"}


def test_a_price_that_nobody_knows_is_a_warning(tmp_path: Path) -> None:
    text = '[provider]\nprofile = "vllm-omni"\n'
    root = library(tmp_path, text)
    (check,) = [c for c in examine(Project.open(root), offline=True).checks if c.name == "prices"]
    assert check.level is Level.WARNING
    assert "sora-2 1280x720" in check.message


def test_the_preview_provider_is_healthy_out_of_the_box(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = library(tmp_path, "")
    assert run(["--library", str(root), "doctor"]) == 0
    assert "Checked:" in capsys.readouterr().out


def test_a_gateway_shows_itself_in_its_description(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/openapi.json":
            paths: dict[str, object] = {"/v1/videos": {"post": {}}}
            return httpx.Response(200, json={"info": {"title": "LiteLLM API"}, "paths": paths})
        return empty_list(request)

    assert found_of(answer, tmp_path)["gateway"][0].level is Level.WARNING


def test_a_web_page_is_told_from_the_api_and_nothing_else_is_said_of_the_host(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, html="<html><body>Welcome</body></html>")

    found = found_of(answer, tmp_path)
    (check,) = found["reachable"]
    assert check.level is Level.ERROR
    assert "text/html" in check.message and "/v1 included" in (check.hint or "")
    assert set(found) == {"reachable"}


def test_an_address_without_the_list_says_nothing_of_the_key(tmp_path: Path) -> None:
    found = found_of(lambda request: httpx.Response(404, json={"detail": "Not Found"}), tmp_path)
    assert levels(found)["key"] == {Level.UNKNOWN}
    (check,) = found["list"]
    assert "GET /videos answers 404" in check.message and "/v1 included" in (check.hint or "")


def test_a_key_that_is_missing_is_a_fault_of_the_key(tmp_path: Path) -> None:
    found = checked(at(tmp_path, "http://127.0.0.1:9/v1"))
    assert "reachable" not in found
    (check,) = found["key"]
    assert check.level is Level.ERROR and "DOCTOR_KEY" in check.message


def test_of_the_routes_nothing_is_said_while_the_key_is_refused(tmp_path: Path) -> None:
    assert "routes" not in found_of(lambda request: httpx.Response(401, json={}), tmp_path)


def test_without_a_model_in_use_nothing_is_said_of_prices(tmp_path: Path) -> None:
    root = library(tmp_path, '[provider]\nprofile = "openai"\n')
    (root / "manifests" / "a.toml").write_text("[clips.a]\n")
    names = [check.name for check in examine(Project.open(root), offline=True).checks]
    assert "manifests" in names and "prices" not in names


def test_several_errors_are_counted_in_the_plural(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = library(tmp_path, '[provider]\nprofile = "openai"\n')
    (root / "manifests" / "a.toml").write_text("[clips.a]\n")
    assert run(["--library", str(root), "doctor", "--offline"]) == 1
    assert "2 errors." in capsys.readouterr().out


def test_a_key_that_gets_an_odd_refusal_is_a_warning_in_the_hosts_words(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"message": "No connected db.", "code": "400"}})

    (check,) = found_of(answer, tmp_path)["key"]
    assert check.level is Level.WARNING
    assert "No connected db." in check.message
