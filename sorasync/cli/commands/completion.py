"""`sorasync completion`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand

_EXAMPLES = """\b
Examples:
  echo 'eval "$(sorasync completion bash)"' >> ~/.bashrc
  echo 'eval "$(sorasync completion zsh)"' >> ~/.zshrc
  sorasync completion fish > ~/.config/fish/completions/sorasync.fish
"""


@subcommand(formats=("text",), epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(globals: Globals, shell: str) -> ExitCode:
    """Print the script that completes commands, options and addresses in a shell.

    Addresses come from the library that the command line names, even while its manifests have faults.
    """
    from sorasync.cli.arguments.completion_script import script

    click.echo(script(shell), nl=False)
    return ExitCode.DONE
