"""A key that is missing or cannot be sent is told before anything is recorded, sent or asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.paid import Studio, a_studio, clips

VARIABLE = "FILM_KEY"
KEY = "sk-of-the-film"
BAD_KEYS = [None, "", " ", "sk-of\nthe-film", '"sk-of-the-film"', "'sk-of-the-film'"]


@pytest.fixture
def studio(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    """A library of two clips whose provider wants a key, which is in the environment."""
    monkeypatch.setenv(VARIABLE, KEY)
    with a_studio(tmp_path, capsys, api_key=KEY) as made:
        config = made.root / "sorasync.toml"
        named = f'[provider]\napi_key_env = "{VARIABLE}"\nauth = {{ header = "bearer", required = true }}\n'
        config.write_text(config.read_text().replace("[provider]\n", named))
        made.write(clips("pier", "dune"))
        yield made


def _without(monkeypatch: pytest.MonkeyPatch, key: str | None = None) -> None:
    if key is None:
        monkeypatch.delenv(VARIABLE)
    else:
        monkeypatch.setenv(VARIABLE, key)


def _recorded(studio: Studio) -> tuple[int, int, int]:
    with studio.store() as store:
        return len(store.runs()), len(store.attempts()), len(store.every_record())


def _refused(studio: Studio, *command: str) -> None:
    """The command names the variable, and neither asks anything nor leaves anything behind."""
    before = _recorded(studio)
    answer = studio.run(*command)
    assert answer.code == 1
    assert VARIABLE in answer.out + answer.err
    assert "not a terminal" not in answer.out + answer.err
    assert "sent" not in answer.out
    assert _recorded(studio) == before


@pytest.mark.parametrize("key", BAD_KEYS)
def test_an_apply_without_a_usable_key_asks_records_and_sends_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    _without(monkeypatch, key)
    _refused(studio, "apply")
    _refused(studio, "apply", "--yes", "--format", "json")
    assert _recorded(studio) == (0, 0, 0)


def test_an_apply_by_batch_or_of_a_saved_plan_needs_the_key_first(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without(monkeypatch)
    saved = str(studio.root / "plan.json")
    assert studio.run("plan", "--out", saved).code == 0
    _refused(studio, "apply", saved)
    _refused(studio, "apply", "--batch", "--yes")


def test_a_plan_without_anything_to_ask_needs_no_key(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    assert studio.run("apply", "--yes", "--max-cost", "5").code == 0
    studio.write(clips("pier").replace("pier]", "jetty]"))
    _without(monkeypatch)
    moved = studio.run("apply")
    assert moved.code == 0
    assert "clip.jetty" in moved.out
    assert studio.run("apply").code == 0
    assert studio.run("wait").code == 0
    assert studio.run("gc", "--delete", "--yes").code == 0


def test_a_video_that_is_put_back_from_a_file_here_needs_no_key(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.run("apply", "--yes", "--max-cost", "5").code == 0
    named = studio.root / "assets" / "pier.mp4"
    content = named.read_bytes()
    for video in (studio.root / "assets" / ".store").glob("*/*.mp4"):
        if video.read_bytes() == content:
            video.unlink()
    named.unlink(missing_ok=True)
    named.write_bytes(content)
    _without(monkeypatch)
    assert "put back" in studio.run("plan").out
    assert studio.run("apply").code == 0


def test_what_is_to_be_downloaded_needs_the_key_first(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.run("apply", "--yes", "--max-cost", "5").code == 0
    for video in (studio.root / "assets").rglob("*.mp4"):
        video.unlink()
    _without(monkeypatch)
    _refused(studio, "apply", "--offline")


def test_wait_needs_the_key_where_renders_are_in_flight(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.run("apply", "--yes", "--max-cost", "5", "--detach").code == 8
    _without(monkeypatch)
    _refused(studio, "wait")
    _refused(studio, "apply", "--offline")


def test_deleting_and_binding_at_the_provider_need_the_key_first(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio.run("apply", "--yes", "--max-cost", "5").code == 0
    studio.write(clips("pier"))
    assert studio.run("apply").code == 0
    _without(monkeypatch)
    _refused(studio, "gc", "--delete", "--remote")
    _refused(studio, "destroy")
    _refused(studio, "import", "clip.pier", "video_1", "--force")
    assert studio.run("gc", "--delete", "--yes").code == 0
    assert studio.run("destroy", "--keep-remote", "--yes").code == 0


def test_a_command_that_gives_the_key_is_run_once_in_an_apply(studio: Studio) -> None:
    runs = studio.root.parent / "runs.txt"
    script = f"open({str(runs)!r}, 'a').write('x'); print({KEY!r})"
    config = studio.root / "sorasync.toml"
    named = f"[provider]\napi_key_command = {[sys.executable, '-c', script]!r}\n".replace("\\'", "'")
    config.write_text(config.read_text().replace("[provider]\n", named))
    assert studio.run("apply", "--yes", "--max-cost", "5").code == 0
    assert runs.read_text() == "x"


def test_a_command_that_gives_no_key_ends_an_apply_before_it_begins(studio: Studio) -> None:
    config = studio.root / "sorasync.toml"
    config.write_text(config.read_text().replace("[provider]\n", '[provider]\napi_key_command = "false"\n'))
    answer = studio.run("apply", "--yes", "--max-cost", "5")
    assert answer.code == 1
    assert "api_key_command printed no key" in answer.err
    assert "yourself to see why" in answer.err
    assert _recorded(studio) == (0, 0, 0)


def test_a_command_that_is_not_there_is_told_without_its_words(studio: Studio) -> None:
    config = studio.root / "sorasync.toml"
    named = '[provider]\napi_key_command = "no-such-command sk-hidden"\n'
    config.write_text(config.read_text().replace("[provider]\n", named))
    answer = studio.run("apply", "--yes", "--max-cost", "5")
    assert answer.code == 1
    assert "api_key_command could not be run: No such file or directory" in answer.err
    assert "sk-hidden" not in answer.err + answer.out
