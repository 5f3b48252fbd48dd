"""A token that runs out during an apply: `api_key_command` is asked again, and nothing is paid twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("av")

from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.serve import Running, running
from sorasync.preview.settings import PreviewSettings
from tests.cli.kit import Film, make

CLIP = '[clips.pier]\nprompt = "A pier at dusk, warm lamps, a slow dolly."\n'
# Prints the next token each time: token-1, token-2 …
COMMAND = """\
import pathlib
count = pathlib.Path(__file__).with_name("count")
number = int(count.read_text() if count.exists() else 0) + 1
count.write_text(str(number))
print(f"token-{number}")
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    settings = PreviewSettings(tmp_path / "server", draw=False, dialect="vertex", api_key="token-2")
    with running(settings) as served:
        yield served


@pytest.fixture
def film(server: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Film:
    made = make(tmp_path / "film", capsys, CLIP)
    (tmp_path / "token.py").write_text(COMMAND)
    command = f'["{sys.executable}", "{tmp_path / "token.py"}"]'
    made.write(
        "sorasync.toml",
        f'[provider]\nprofile = "vertex"\nbase_url = "{server.url}"\napi_key_command = {command}\n'
        "[provider.get]\nleast_seconds = 0.5\n"
        '[defaults]\nmodel = "veo-3.1-lite-generate-001"\nsize = "1280x720"\nseconds = 4\n',
    )
    return made


def tokens(film: Film) -> int:
    return int((film.root.parent / "count").read_text())


def test_a_paid_request_with_an_old_token_is_sent_again_with_a_new_one(film: Film, server: Running) -> None:
    inside = server.app.state.server
    assert film.run("apply", "--yes", "--quiet").code == 0
    assert tokens(film) == 2
    assert (len(inside.ledger.charges()), inside.requests["create"]) == (1, 2)


def test_a_token_that_runs_out_while_a_job_is_followed_is_renewed(film: Film, server: Running) -> None:
    inside = server.app.state.server
    inside.settings = replace(inside.settings, api_key="token-1")
    inside.faults.set(FaultPlan(rules=[FaultRule(do="stuck", route="create", polls=2)]))
    asked = inside.jobs.poll_stuck

    def poll_stuck(job_id: str) -> None:
        # The token is changed once the job is known.
        inside.settings = replace(inside.settings, api_key="token-2")
        asked(job_id)

    inside.jobs.poll_stuck = poll_stuck
    assert film.run("apply", "--yes", "--quiet").code == 0
    assert tokens(film) == 2
    assert len(inside.ledger.charges()) == 1


def test_a_key_that_the_command_does_not_renew_is_asked_for_once(film: Film, server: Running) -> None:
    inside = server.app.state.server
    inside.settings = replace(inside.settings, api_key="another")
    refused = film.run("apply", "--yes", "--quiet")
    assert refused.code != 0 and inside.ledger.charges() == []
    assert inside.requests["create"] == tokens(film) == 2
    assert "token-" not in refused.out + refused.err
    assert "api_key_command must print a key that is valid" in refused.out + refused.err


def test_a_lost_answer_is_not_sent_again_because_of_a_refused_key(film: Film, server: Running) -> None:
    inside = server.app.state.server
    inside.settings = replace(inside.settings, api_key="token-1")
    inside.faults.set(FaultPlan(rules=[FaultRule(do="cut_after", route="create", count=1)]))
    film.run("apply", "--yes", "--quiet")
    inside.settings = replace(inside.settings, api_key="token-3")
    film.run("apply", "--yes", "--quiet")
    assert (len(inside.ledger.charges()), inside.requests["create"]) == (1, 1)
