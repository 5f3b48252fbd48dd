"""The reference of the command line, made from the commands themselves."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

_HEAD = """# The command line

Written by `python -m sorasync.cli.app.reference docs/cli.md`; a test keeps it fresh.

Exit codes: 0 done (with `--detailed-exitcode`: no changes), 1 error, 2 changes, 3 drift only, 4 done in part,
5 refused by a budget, policy, protection or threshold, 6 the state is locked, 7 the plan is stale, 8 renders
still run and nothing is lost, 64 wrong usage, 130 and 143 interrupted with the state safe.

The global options may come before the command's name or after it. Options that several commands share are
explained once, below; a command's section names those that it takes."""

# In how many commands an option has to mean the same to be explained once for all.
_SHARED_BY = 3


def reference() -> str:
    """The whole reference as Markdown."""
    from sorasync.cli.main import cli

    context = click.Context(cli, info_name="sorasync")
    common = set(_option_rows(cli, context))
    sections = [one for name in cli.list_commands(context) for one in _sections(cli, name, "sorasync")]
    counts = Counter(row for section in sections for row in section.options(common))
    shared = {row for row, count in counts.items() if count >= _SHARED_BY}
    blocks = [_HEAD, "## Global options", _markdown_table(_option_rows(cli, context))]
    blocks += ["## Shared options", _markdown_table(sorted(shared))]
    for section in sections:
        blocks += section.blocks(common, shared)
    return "\n\n".join(block for block in blocks if block) + "\n"


Row = tuple[str, str]


@dataclass(frozen=True)
class _Section:
    """One command, under its whole name."""

    path: str
    command: click.Command
    context: click.Context

    def options(self, common: set[Row]) -> list[Row]:
        return [row for row in _option_rows(self.command, self.context) if row not in common]

    def blocks(self, common: set[Row], shared: set[Row]) -> Iterator[str]:
        yield f"## {self.path}"
        yield f"```\n{self.path} {' '.join(self.command.collect_usage_pieces(self.context))}\n```"
        yield _prose(self.command.help or "")
        rows = self.options(common)
        yield _markdown_table([row for row in rows if row not in shared])
        named = ", ".join(f"`{names}`" for names, help_text in rows if (names, help_text) in shared)
        yield f"Shared options: {named}." if named else ""
        yield _examples(self.command.epilog or "")


def _sections(group: click.Group, name: str, parent: str) -> Iterator[_Section]:
    """A command, and its own commands."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    path = f"{parent} {name}"
    context = click.Context(command, info_name=path)
    yield _Section(path, command, context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            yield from _sections(command, child, path)


def _prose(text: str) -> str:
    paragraphs = text.replace("\b\n", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _option_rows(command: click.Command, context: click.Context) -> list[Row]:
    """The options of a command with their help, as cells of a table."""
    rows = []
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record and "--help" not in parameter.opts:
            names, help_text = (" ".join(part.split()) for part in record)
            rows.append((_cell(names), _cell(help_text)))
    return rows


def _markdown_table(rows: Iterable[Row]) -> str:
    lines = [f"| `{names}` | {help_text} |" for names, help_text in rows]
    return "\n".join(["| option | |", "|---|---|", *lines]) if lines else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _examples(epilog: str) -> str:
    lines = epilog.replace("\b\n", "").rstrip().splitlines()
    examples = [line[2:] for line in lines if line.startswith("  ")]
    return "\n".join(["```sh", *examples, "```"]) if examples else ""


def main(arguments: list[str]) -> None:
    """Write the reference to the file that is named, or print it."""
    if arguments:
        Path(arguments[0]).write_text(reference(), encoding="utf-8", newline="\n")
    else:
        click.echo(reference(), nl=False)


if __name__ == "__main__":
    main(sys.argv[1:])
