"""`sorasync pick`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import CLIP
from sorasync.text import shell_word

_EXAMPLES = """\b
Examples:
  sorasync pick market          # its takes and their files
  sorasync pick market 2        # pick take 2
  sorasync pick 'clip.market#2' # the same
  sorasync pick market --clear  # no take is picked
  sorasync pick still.quay 1    # approve a still
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("clip", type=CLIP, metavar="CLIP")
@click.argument("take", required=False, type=int, metavar="[N]")
@click.option("--clear", is_flag=True, help="Clear the pick.")
def command(globals: Globals, clip: str, take: int | None, clear: bool) -> ExitCode:
    """Pick a take of a clip or a still.

    Steps and branches continue from the picked take, clips start from the picked still, and its own file
    name points to it. The pick is
    written to picks.toml among the manifests, where comments and other picks stay unchanged. Nothing is sent
    and nothing is billed. Without N, the takes are listed.
    """
    from sorasync.cli.views.pick_output import picked_json, picked_text, takes_json, takes_text
    from sorasync.operations.pick_outcome import pick_take, takes_of_clip

    if clear and take is not None:
        raise click.UsageError("--clear takes no N")
    project = globals.project()
    clip, take = _clip_and_take(clip, take, clear=clear)
    if take is None and not clear:
        seen = takes_of_clip(project, clip)
        if globals.json:
            print_json(takes_json(seen))
        else:
            print_lines(takes_text(seen))
        return ExitCode.DONE
    result = pick_take(project, clip, take)
    if globals.json:
        print_json(picked_json(result))
    else:
        print_lines(picked_text(result))
    return ExitCode.DONE


def _clip_and_take(clip: str, take: int | None, *, clear: bool) -> tuple[str, int | None]:
    """The clip and take that the arguments name: `market 2`, or `clip.market#2`."""
    name, mark, number = clip.partition("#")
    if not mark:
        return clip, take
    number, slash, _ = number.partition("/")
    if slash:
        pick = f"sorasync pick {shell_word(name)} {number}"
        raise click.UsageError(f"{clip!r} is a step; to pick the take that it continues: {pick}")
    if not number.isascii() or not number.isdecimal() or take is not None or clear:
        raise click.UsageError(f"{clip!r} names no take; write it as {name!r} and N")
    return name, int(number)
