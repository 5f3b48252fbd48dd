"""A stranger's library whose files are links, devices or endless: none of it is read, shown or waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.kit import KEY, ONE, Victim, make

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY"
CREDENTIALS = f"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
CLIP = {
    "prompt_file": '[clips.pier]\nprompt_file = "odd"\n',
    "image": '[clips.pier]\nprompt = "A pier."\nimage = "odd"\n',
    "video": '[characters.m]\nname = "M"\nvideo = "odd"\n' + ONE,
}
FILES = {
    "config": "sorasync.toml",
    "profile": "studio.toml",
    "manifest": "manifests/odd.toml",
    "lock": "sorasync.lock",
    "picks": "manifests/picks.toml",
    "prompt_file": "manifests/odd",
    "image": "manifests/odd",
    "video": "manifests/odd",
}
LOOKS: tuple[tuple[str, ...], ...] = (
    ("validate",),
    ("plan", "--offline"),
    ("plan", "--offline", "--format", "json"),
    ("plan", "--offline", "--format", "github"),
    ("fmt", "--check", "--diff"),
)


def leave_out(path: Path, outside: Path) -> None:
    """A link that leads to somebody's keys."""
    path.symlink_to(outside)


def device(path: Path, outside: Path) -> None:
    """A link to what never ends."""
    path.symlink_to("/dev/zero")


def fifo(path: Path, outside: Path) -> None:
    """A file that nobody writes to: whoever opens it waits."""
    os.mkfifo(path)


def endless(path: Path, outside: Path) -> None:
    """A file of many gigabytes that takes no room."""
    with path.open("wb") as file:
        file.truncate(1 << 36)


Odd = Callable[[Path, Path], None]


@pytest.mark.parametrize("odd", [leave_out, device, fifo, endless])
@pytest.mark.parametrize("what", FILES)
def test_an_odd_file_of_a_library_is_refused_unread(
    what: str, odd: Odd, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "credentials"
    outside.write_text(CREDENTIALS)
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch, CLIP.get(what, ONE))
    place = victim.root / FILES[what]
    place.unlink(missing_ok=True)
    odd(place, outside)
    for look in LOOKS:
        code = victim.run(*look)
        if look[0] == "plan" or what not in ("lock", "profile", "prompt_file", "image", "video"):
            assert code == 1, (look, victim.last())
        assert "bug" not in victim.last()
    assert SECRET not in "".join(victim.printed)
    assert "AKIA" not in "".join(victim.printed)


@pytest.mark.parametrize("odd", [device, fifo, endless, leave_out])
@pytest.mark.parametrize("name", ["names.json", "checked.json", "ab/sidecar.json", "ab/video.mp4"])
def test_an_odd_file_among_the_assets_holds_nobody_up(
    name: str, odd: Odd, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "credentials"
    outside.write_text(CREDENTIALS)
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch)
    digest = "ab" * 32
    place = victim.root / "assets" / ".store" / name.replace("sidecar", digest).replace("video", digest)
    place.parent.mkdir(parents=True)
    odd(place, outside)
    for look in (("status",), ("drift", "--full", "--offline"), ("gc",), ("state", "recover", "--dry-run")):
        victim.run(*look)
        assert "bug" not in victim.last()
    assert SECRET not in "".join(victim.printed)


@pytest.mark.parametrize("odd", [device, fifo])
@pytest.mark.parametrize("look", [("apply", "{}", "--yes"), ("state", "import", "{}"), ("fmt", "{}")])
def test_an_odd_file_that_is_named_on_the_command_line_is_refused_too(
    look: tuple[str, ...],
    odd: Odd,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch)
    odd(tmp_path / "odd", tmp_path)
    assert victim.run(*(part.format(tmp_path / "odd") for part in look)) == 1
    assert "bug" not in victim.last() and "regular file" in victim.last()


@pytest.mark.parametrize("odd", [device, fifo])
def test_an_odd_file_in_the_place_of_the_state_is_refused(
    odd: Odd, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch)
    (victim.root / "state").mkdir()
    odd(victim.root / "state" / "sorasync.db", tmp_path)
    for look in (("plan", "--offline"), ("status",), ("apply", "--yes")):
        assert victim.run(*look) == 1
        assert "regular file" in victim.last()


NAMES = (
    "api_key",
    "apiKey",
    "X-Api-Key",
    "access_token",
    "client_secret",
    "password",
    "aws_secret_access_key",
    "Authorization",
    "OPENAI_API_KEY",
    "credentials",
)
WAYS = {
    "without quotes": "{name} = {key}",
    "never closed": '{name} = "{key}',
    "by another sign": '{name}: "{key}"',
    "of another type": "{name} = ['{key}', 1",
    "on its own line": '{name} = """\n{key}\n"""x',
    "in a table": '{{ {name} = "{key}" }}',
    "in an inline table": 'x = {{ {name} = "{key}", }}',
    "twice": '{name} = "{key}"\n{name} = "{key}"',
    "unknown": '{name} = "{key}"',
}


def shown(victim: Victim) -> str:
    """What every way of complaining about the files prints."""
    for form in ("text", "json", "sarif", "github"):
        victim.run("validate", "--format", form)
    victim.run("plan", "--offline", "--format", "github")
    victim.run("fmt", "--check")
    return "".join(victim.printed)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("file", ["sorasync.toml", "manifests/clips.toml", "studio.toml"])
def test_a_key_that_was_typed_into_a_file_is_not_repeated(
    file: str,
    way: str,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch)
    secret = "qwertz9lmno5"
    place = victim.root / file
    heads = {"sorasync.toml": "[provider]\n", "manifests/clips.toml": "[clips.pier]\n", "studio.toml": ""}
    head, line = heads[file], WAYS[way].format(name=name, key=secret)
    before = place.read_text()
    text = before.replace(head, head + line + "\n", 1) if head else f"{line}\n{before}"
    place.write_text(text)
    assert secret not in shown(victim)


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY}",
        f"[clips.{KEY}]",
        f'"{KEY}" = 1',
        f"{SECRET}",
        '[clips.a]\nprompt = "x"\nimage = "https://u:hunter2x@host/i.png"',
        "[clips.a]\nprompt = 'x'\nseconds = 'ghp_abcdefghij0123456789'",
        "[clips.a]\nprompt = 'x'\n sk-abcdefghij0123456789 = 1",
        "base_url = https://u:hunter2x@host/",
    ],
)
def test_what_looks_like_a_key_is_shown_under_no_name(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch, text + "\n")
    printed = shown(victim)
    for secret in (KEY, SECRET, "hunter2x", "abcdefghij0123456789"):
        assert secret not in printed


def test_a_prompt_that_speaks_of_keys_is_still_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = '[clips.pier]\nprompt = """\nThe key light: {{ colour }} and a secret.\n"""\n'
    victim = make(tmp_path / "film", "http://127.0.0.1:9/v1", capsys, monkeypatch, manifest)
    assert victim.run("validate") == 1
    assert "The key light:" in victim.last()
