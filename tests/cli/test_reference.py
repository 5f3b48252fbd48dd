"""The reference of the command line, and what every command has in common."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorasync.cli.app.failure import one_line, printable
from sorasync.cli.main import COMMANDS, cli
from sorasync.cli.terminal.units import age, size

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["docs/cli.md", "docs/json.md", "docs/profiles.md", "docs/providers.md"])
def test_the_reference_is_fresh(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sorasync.cli.app.reference import written_pages

    monkeypatch.chdir(_ROOT)
    assert (_ROOT / page).read_text(encoding="utf-8") == written_pages()[page], "run make reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_examples(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    assert isinstance(command, click.Group) or "sorasync " in (command.epilog or "")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_fits_into_80_columns(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    for one in (command, *inner):
        text = one.get_help(click.Context(one, info_name=f"sorasync {name}", terminal_width=80))
        assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_paragraph_of_help_starts_at_the_same_column(name: str) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None
    names = command.list_commands(context) if isinstance(command, click.Group) else []
    inner = [command.get_command(context, one) for one in names] if isinstance(command, click.Group) else []
    for one in (command, *inner):
        assert one is not None and one.help is not None
        paragraphs = inspect.cleandoc(one.help).split("\n\n")
        flowing = [text for text in paragraphs if not text.startswith("\b")]
        assert [line for text in flowing for line in text.splitlines() if line.startswith(" ")] == []


def test_commands_import_nothing_heavy_at_the_top() -> None:
    heavy = {
        "pydantic",
        "httpx",
        "rich",
        "sqlite3",
        "sorasync.operations.plan",
        "sorasync.operations.apply",
        "sorasync.preview",
    }
    for path in (_ROOT / "sorasync/cli/commands").glob("*.py"):
        tops = ast.parse(path.read_text(encoding="utf-8")).body
        names = {node.module for node in tops if isinstance(node, ast.ImportFrom) and node.module}
        assert not names & heavy, path.name


@given(st.text())
def test_nothing_printable_can_drive_a_terminal(text: str) -> None:
    for character in one_line(text):
        assert character.isprintable()
    rest = re.sub(r"\x1b\[[0-9;]{0,16}m", "", printable(text))
    assert all(c in "\n\t" or c.isprintable() for c in rest)


def test_only_colours_are_let_through() -> None:
    assert printable("\x1b[31mred\x1b[0m") == "\x1b[31mred\x1b[0m"
    assert "\x1b" not in printable("\x1b[2J\x1b]0;x\x07\x1b(0")


def test_lengths_and_sizes_read_well() -> None:
    assert [age(t) for t in (5, 240, 7200, 12 * 86_400)] == ["5 s", "4 min", "2 h", "12 d"]
    assert [size(n) for n in (0, 999, 14_200_000, 3 * 10**12)] == ["0 B", "999 B", "14.2 MB", "3.0 TB"]
