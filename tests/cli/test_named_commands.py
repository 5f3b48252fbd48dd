"""The commands that messages name can be typed as they stand, and pasted."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sorasync.cli.main import cli
from sorasync.cli.terminal.columns import wrapped

_PACKAGE = Path(__file__).parents[2] / "sorasync"
_COMMAND = re.compile(r"`sorasync ([^`]+)`")
# These speak of a command and are no advice to type it.
_SPOKEN_OF = {"run", "pick", "COMMAND --help", "assets COMMAND --help", "state COMMAND --help", "1"}


def _texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module without its docstrings, with 1 for what is filled in."""
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "1" for part in node.values]
            skipped |= {id(part) for part in node.values}
            yield "".join(map(str, parts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def test_every_command_that_a_message_names_can_be_typed() -> None:
    named = 0
    for path in sorted(_PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "`sorasync " not in source:
            continue
        for command in [found for text in _texts(ast.parse(source)) for found in _COMMAND.findall(text)]:
            named += 1
            if command not in _SPOKEN_OF:
                _parse(command, path)
    assert named > 50


def _parse(line: str, path: Path) -> None:
    group: click.Command = cli
    try:
        context = cli.make_context("sorasync", shlex.split(line))
        while isinstance(group, click.Group) and (rest := [*context._protected_args, *context.args]):
            name, command, left = group.resolve_command(context, rest)
            assert command is not None
            context, group = command.make_context(name, list(left), parent=context), command
    except click.UsageError as error:
        pytest.fail(f"{path.name}: `sorasync {line}`: {error.format_message()}")


@pytest.mark.parametrize("width", range(20, 90, 7))
@pytest.mark.parametrize(
    ("command", "rest"),
    [
        ("`sorasync state reconcile --keep video_1`", " uses that one."),
        ("sorasync state reconcile --keep 'video_1 2'", " uses that one, at no cost to anybody."),
        ("sorasync gc", " lists them one by one."),
        ("sorasync assets move --to 's3://films'", " takes them there."),
        ("sorasync pick 'harbour' 1..2", ""),
        ("sorasync check 'clip.a[city=Oslo]'", ", and more"),
    ],
)
def test_a_command_is_never_split_across_lines(width: int, command: str, rest: str) -> None:
    text = f"Note: it was paid for on two machines: {command}{rest}"
    lines = wrapped(text, width, indent=2)
    assert sum(command in line for line in lines) == 1
    assert " ".join(line.strip() for line in lines) == text
    assert all(len(line) <= width for line in lines if command not in line)


def test_a_backtick_that_nothing_closes_binds_nothing() -> None:
    assert wrapped("a prompt with ` in it, and more words", 20) == [
        "a prompt with ` in",
        "it, and more words",
    ]
