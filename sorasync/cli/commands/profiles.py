"""`sorasync profiles`."""

from __future__ import annotations

from pathlib import Path

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync profiles
  sorasync profiles vllm-omni
  sorasync profiles ./my-host.toml --format json
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("name", required=False, metavar="[NAME]")
def command(globals: Globals, name: str | None) -> ExitCode:
    """List provider profiles: what each can do, and what it costs.

    With NAME, or the path of your own profile, shows that profile in full. Prices are dollars per second of
    video, as of the date in the profile. Needs no library and no network.
    """
    from datetime import UTC, datetime

    from sorasync.cli.views.profile_output import profile_json, profile_text, profiles_text
    from sorasync.profile import load_profile
    from sorasync.profile.load import profile_names

    today = datetime.now(UTC).date()
    here = Path.cwd()
    profiles = [load_profile(one, base_dir=here) for one in ([name] if name else profile_names())]
    if globals.json:
        print_json({"format_version": 1, "profiles": [profile_json(one, today) for one in profiles]})
    elif name:
        print_lines(profile_text(profiles[0], today))
    else:
        print_lines(profiles_text(profiles, today))
    return ExitCode.DONE
