"""The reference of the command line, made from the commands themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

_HEAD = """# The command line

Written by `python -m sorasync.cli.reference docs/cli.md`; a test keeps it fresh.

Exit codes: 0 done (with `--detailed-exitcode`: no changes), 1 error, 2 changes, 3 drift only, 4 done in part,
5 refused by a budget, policy, protection or threshold, 6 the state is locked, 7 the plan is stale, 8 renders
still run and nothing is lost, 64 wrong usage, 130 and 143 interrupted with the state safe.

The global options may stand before the command's name or after it."""


def reference() -> str:
    """The whole reference as Markdown."""
    from sorasync.cli.main import cli

    blocks = [_HEAD, "## Global options", _options(cli, click.Context(cli, info_name="sorasync"))]
    common = {option for parameter in cli.params for option in parameter.opts}
    for name in cli.list_commands(click.Context(cli)):
        blocks += _command(cli, name, "sorasync", common)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _command(group: click.Group, name: str, parent: str, common: set[str]) -> Iterator[str]:
    """A command's section, and those of its own commands."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    path = f"{parent} {name}"
    context = click.Context(command, info_name=path)
    yield f"## {path}"
    yield f"```\n{path} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield _prose(command.help or "")
    yield _options(command, context, common)
    yield _examples(command.epilog or "")
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            yield from _command(command, child, path, common)


def _prose(text: str) -> str:
    paragraphs = text.replace("\b\n", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _options(command: click.Command, context: click.Context, without: set[str] | None = None) -> str:
    rows = []
    for parameter in command.params:
        record = parameter.get_help_record(context)
        own = without is None or parameter.name == "format" or not set(parameter.opts) & without
        if isinstance(parameter, click.Option) and record and own and "--help" not in parameter.opts:
            names, help_text = (" ".join(part.split()) for part in record)
            rows.append(f"| `{_cell(names)}` | {_cell(help_text)} |")
    return "\n".join(["| option | |", "|---|---|", *rows]) if rows else ""


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
