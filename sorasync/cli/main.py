"""The command line: finds the command, runs it, and turns every end into an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from sorasync import __version__
from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.interrupt import end_process, heed_signals, leave, leave_quietly, prepare_output
from sorasync.cli.app.lazy_commands import LazyGroup
from sorasync.cli.app.library_options import global_options
from sorasync.cli.terminal.capabilities import colour_wanted
from sorasync.cli.views.diagnostics.diagnostic_paths import files_are_of

COMMANDS = {
    "init": "Create a library: a configuration and a first manifest.",
    "validate": "Check every manifest. Needs no key, no state and no network.",
    "explain": "Explain a code such as S207, with examples.",
    "fmt": "Format manifests, keeping comments and order.",
    "schema": "Print the JSON Schema of manifests or of sorasync.toml, for editors.",
    "preflight": "Check reference clips and images before any money is spent on them.",
    "plan": "Show what apply would do, why, and what it would cost.",
    "apply": "Apply a plan: render, download, record.",
    "watch": "Plan on every save, and show what it would cost.",
    "wait": "Wait for renders in flight, and download them.",
    "cancel": "Cancel renders in progress at the provider.",
    "run": "Run queued jobs on this machine.",
    "queue": "Show queued jobs and runners, and cancel jobs.",
    "status": "Show every clip and its progress.",
    "show": "Show one address with its values and where each came from.",
    "why": "Explain why an address changes in the plan.",
    "find": "Search clips and characters by text.",
    "diff": "Compare the manifests with those of a git revision.",
    "check": "Check finished videos: black, frozen, flashing, silent, of the wrong size.",
    "pull": "Fetch videos from the bucket to this disk.",
    "cut": "Assemble a cut into a film, or write it for an editing program.",
    "review": "Review the library in the browser: compare takes, pick, leave notes.",
    "pick": "Pick a take of a clip.",
    "graph": "Draw the dependency graph.",
    "gc": "List retired renders, or delete them.",
    "destroy": "Delete everything this library has rendered.",
    "unprotect": "Lift the protection that the state remembers for an address.",
    "profiles": "List provider profiles: what each can do, and what it costs.",
    "migrate": "Show what another model would change, and change the manifests.",
    "accept": "Accept an existing render for a changed declaration.",
    "import": "Bind existing videos at the provider to clips.",
    "resolve": "Settle paid requests whose answer was lost.",
    "retry": "Let the next apply retry renders that were refused or failed too often.",
    "drift": "Compare the state with the files here and the videos at the provider.",
    "history": "Show who ran what, what it did and what it cost.",
    "log": "Show everything that happened to one address.",
    "cost": "Add up what was spent, by clip, day, month, model or run.",
    "prices": "Show the prices that plans use, or import published ones.",
    "assets": "Copy all videos to a bucket, or back.",
    "state": "Manage the state: list, lock, back up, restore, recover, check.",
    "doctor": "Check the provider and this machine, without spending anything.",
    "preview": "Serve the preview provider on a port.",
    "completion": "Print the script that completes commands and addresses in your shell.",
}


@click.command(
    cls=LazyGroup,
    package="sorasync.cli.commands",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `sorasync init`, then `sorasync plan` and `sorasync apply`. "
    "`sorasync COMMAND --help` shows examples.",
)
@click.version_option(__version__, prog_name="sorasync")
@global_options
def cli(**_options: object) -> None:
    """Keep a library of AI-generated video under version control.

    TOML manifests declare clips and characters. plan compares them with what has been rendered and paid for,
    and shows every change with its cost; apply makes those changes.
    """


def run(args: Sequence[str]) -> int:
    """Run one command line; the exit code. Never raises, save for what ends an interpreter."""
    from sorasync.cli.app.failure import show_failure, show_wrong_usage

    colour = colour_wanted()
    try:
        if sys.platform == "win32":
            from sorasync.installed import refuse_windows

            refuse_windows()
        code = cli.main(args=list(args), prog_name="sorasync", standalone_mode=False, color=colour)
        return int(code or 0)
    except click.exceptions.Abort as error:
        return _interrupted(error.__cause__)
    except click.ClickException as error:
        return show_wrong_usage(error, args)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        return ExitCode.DONE
    except KeyboardInterrupt as error:
        return _interrupted(error)
    except Exception as error:
        return show_failure(error, args)
    finally:
        files_are_of(None)


def _interrupted(error: BaseException | None) -> int:
    """Click turns an interruption into an `Abort` that was caused by it."""
    from sorasync.cli.app.exit_code import of_error

    leave_quietly()
    click.echo("interrupted", err=True)
    return of_error(error) if isinstance(error, KeyboardInterrupt) else ExitCode.INTERRUPTED


# Allocations between two garbage collections: a library makes many objects, and none is garbage.
_GC_EVERY = 1_000_000


def collect_rarely() -> None:
    """Set the garbage collector for a process that is one command."""
    gc.set_threshold(_GC_EVERY, 20, 20)


def main() -> NoReturn:
    """Run the command line that this process was given. Always raises SystemExit."""
    try:
        try:
            collect_rarely()
            prepare_output()
            heed_signals()
            code = run(sys.argv[1:])
            leave_quietly()
        except KeyboardInterrupt as error:
            code = _interrupted(error)
    except KeyboardInterrupt as error:
        # A second signal came while the first was being answered.
        code = _interrupted(error)
    leave(code)


def program() -> NoReturn:
    """The entry point of the `sorasync` command."""
    try:
        main()
    except SystemExit as end:
        end_process(int(end.code or 0))
