"""sorasync through a LiteLLM proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sorasync.cli.main import run
from sorasync.preview.serve import Running, running
from sorasync.preview.settings import PreviewSettings
from tests.litellm.proxy import KEY, UPSTREAM_KEY, NotInstalled, command, proxy

pytestmark = pytest.mark.heavy

CLIPS = """
[clips.pier]
prompt = "A pier at dusk."
[[clips.pier.steps]]
extend = "A gull lands."
[[clips.pier.steps]]
edit = "In fog."

[clips.kite]
prompt = "A kite over the harbour."
takes = 2
"""


@dataclass
class Behind:
    """A library whose provider is the proxy, and the server behind it."""

    root: Path
    server: Running
    capsys: pytest.CaptureFixture[str]

    def call(self, *arguments: str) -> tuple[int, str]:
        self.capsys.readouterr()
        code = run(["--library", str(self.root), *arguments])
        return code, self.capsys.readouterr().out

    def plan(self) -> list[dict[str, Any]]:
        code, out = self.call("plan", "--format", "json")
        assert code == 0, out
        changes: list[dict[str, Any]] = json.loads(out)["changes"]
        return changes

    def billed(self) -> dict[str, int]:
        kinds: dict[str, int] = {}
        for charge in self.server.app.state.server.ledger.charges():
            kinds[charge.kind] = kinds.get(charge.kind, 0) + 1
        return kinds


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Running]]:
    try:
        command()
    except NotInstalled as error:
        pytest.skip(str(error))
    directory = tmp_path_factory.mktemp("litellm")
    settings = PreviewSettings(directory / "server", draw=False, api_key=UPSTREAM_KEY, poll_after_ms=100)
    with running(settings) as server, proxy(server.url, directory) as url:
        yield url, server


@pytest.fixture
def behind(
    addresses: tuple[str, Running],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Behind:
    monkeypatch.setenv("LITELLM_API_KEY", KEY)
    url, server = addresses
    (tmp_path / "manifests").mkdir()
    (tmp_path / "sorasync.toml").write_text(
        f'[provider]\nprofile = "litellm"\nbase_url = "{url}"\n'
        '[defaults]\nmodel = "sora-2"\nsize = "1280x720"\nseconds = 4\n'
        '[prices."sora-2"]\n"1280x720" = 0.1\n'
    )
    (tmp_path / "manifests" / "clips.toml").write_text(CLIPS)
    return Behind(tmp_path, server, capsys)


def test_plan_apply_and_plan_again_with_extensions_and_edits(behind: Behind) -> None:
    planned = sorted(change["action"] for change in behind.plan())
    assert planned == ["create", "create", "create", "edit", "extend"]
    code, out = behind.call("apply", "--yes", "--quiet")
    assert code == 0, out
    assert behind.plan() == []
    assert behind.billed() == {"create": 3, "extend": 1, "edit": 1}
    assert (behind.root / "assets" / "pier.mp4").exists()


def test_a_character_goes_to_the_host_of_the_model_that_uses_it(behind: Behind) -> None:
    clip = Path(__file__).parents[2] / "manifests" / "refs" / "mossy.mp4"
    (behind.root / "refs").mkdir()
    (behind.root / "refs" / "mossy.mp4").write_bytes(clip.read_bytes())
    (behind.root / "manifests" / "clips.toml").write_text(
        '[characters.mossy]\nname = "Mossy"\nvideo = "../refs/mossy.mp4"\n'
        '[clips.nap]\nprompt = "Mossy naps."\ncharacters = ["mossy"]\n'
    )
    code, out = behind.call("apply", "--yes", "--quiet")
    assert code == 0, out
    assert behind.plan() == []


def test_a_refused_prompt_is_blocked_in_the_hosts_own_words(behind: Behind) -> None:
    from sorasync.preview.faults.rule import FaultPlan, FaultRule

    faults = behind.server.app.state.server.faults
    faults.set(FaultPlan(rules=[FaultRule(do="moderated", route="create", prompt="A crowd.")]))
    (behind.root / "manifests" / "clips.toml").write_text('[clips.crowd]\nprompt = "A crowd."\n')
    code, out = behind.call("apply", "--yes", "--quiet", "--format", "json")
    faults.set(FaultPlan())
    assert code == 1
    (outcome,) = json.loads(out)["outcomes"]
    assert outcome["end"] == "blocked"


def test_doctor_knows_the_gateway_and_warns_of_its_resending(behind: Behind) -> None:
    code, out = behind.call("doctor", "--format", "json")
    assert code == 0
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert checks["gateway"]["level"] == "warning"
    assert "num_retries: 0" in checks["gateway"]["hint"]
