"""The command line: finds the command, runs it, and turns every end into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from sorasync import __version__
from sorasync.cli.common import global_options
from sorasync.cli.exit_code import ExitCode

COMMANDS = {
    "init": "Start a library here: a configuration and a first manifest.",
    "validate": "Check every manifest. Needs no key, no state and no network.",
    "plan": "Show what apply would do, why, and what it would cost.",
    "apply": "Carry a plan out: render, fetch, record.",
    "status": "Show every clip and where it stands.",
    "show": "Show one address with its values and where each came from.",
    "why": "Explain why an address is planned as it is.",
    "pick": "Choose the take of a clip that counts.",
    "graph": "Draw what is made from what.",
    "gc": "List retired renders that could be deleted, and delete them when told to.",
    "destroy": "Delete everything this library has rendered.",
    "unprotect": "Lift the protection that the state remembers for an address.",
    "profiles": "List the providers that are known, what each can do, and what it costs.",
    "preview": "Serve the preview provider on a port.",
}


class _Commands(click.Group):
    """Imports a command's module only when the command is used: start-up time is part of the interface."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sorasync.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `sorasync init`, then `sorasync plan` and `sorasync apply`. "
    "`sorasync COMMAND --help` shows examples.",
)
@click.version_option(__version__, prog_name="sorasync")
@global_options
def cli(**_options: object) -> None:
    """Keep a library of AI-generated video under version control.

    Manifests in TOML say which clips and characters should exist; plan shows the difference to what has
    been rendered and paid for, and what closing it costs; apply closes it.
    """


def run(args: Sequence[str]) -> int:
    """Run one command line; the exit code. Never raises, save for what ends an interpreter."""
    from sorasync.cli.failure import show_failure

    colour = False if os.environ.get("NO_COLOR") else None
    try:
        code = cli.main(args=list(args), prog_name="sorasync", standalone_mode=False, color=colour)
        return int(code or 0)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        return ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:
        return show_failure(error, args)


def main() -> None:
    """The entry point of the `sorasync` command."""
    sys.exit(run(sys.argv[1:]))
