"""`sorasync resolve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.lock_option import lock_option

if TYPE_CHECKING:
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync resolve                              # the open questions
  sorasync resolve clip.market --adopt video_7  # that video is it
  sorasync resolve clip.market --resend         # it never arrived
  sorasync resolve clip.market --forget         # drop the question
  sorasync resolve batch:3f2a9c04d1e7 --resend  # a whole batch at once
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", required=False, type=ADDRESS, metavar="[ADDRESS]")
@click.option("--adopt", metavar="ID", help="The job, or the batch, that the request created.")
@click.option("--resend", is_flag=True, help="The request created nothing: let the next apply send it again.")
@click.option("--forget", is_flag=True, help="Drop the question with its record.")
@click.option("--force", is_flag=True, help="Adopt a job although it differs from what was sent.")
@click.option("--no-thumbnails", is_flag=True, help="Do not download pictures of the candidates.")
@lock_option
def command(
    globals: Globals,
    address: str | None,
    adopt: str | None,
    resend: bool,
    forget: bool,
    force: bool,
    no_thumbnails: bool,
    lock_timeout: float,
) -> ExitCode:
    """Settle paid requests whose answer was lost.

    Usually apply finds out by itself what became of them. The requests it cannot settle are listed here, with
    the provider's videos that could be the answer, how their prompts differ from what was sent, and a picture
    of each. A batch whose answer was lost is one question, settled for all its renders at once. Listing
    changes nothing and exits with 1 while questions are open.
    """
    from sorasync.cli.app.invocation import waiting
    from sorasync.cli.views.resolve_output import settled_json, settled_text
    from sorasync.operations.resolve import Answer, settle

    answers = (adopt is not None) + resend + forget
    if answers > 1:
        raise click.UsageError("give one of --adopt, --resend and --forget")
    if answers and address is None:
        raise click.UsageError("name the ADDRESS to be settled")
    project = globals.project()
    if not answers:
        return _list(globals, project, address, thumbnails=not no_thumbnails)
    assert address is not None
    answer = Answer.ADOPT if adopt is not None else Answer.RESEND if resend else Answer.FORGET
    found = settle(project, address, answer, waiting(lock_timeout), remote_id=adopt, force=force)
    if globals.json:
        print_json(settled_json(found))
    else:
        print_lines([settled_text(found)])
    return ExitCode.DONE


def _list(globals: Globals, project: Project, address: str | None, *, thumbnails: bool) -> ExitCode:
    from sorasync.cli.views.resolve_output import questions_json, questions_text
    from sorasync.operations.resolve import questions

    found = questions(project, address, thumbnails=thumbnails)
    if globals.json:
        print_json(questions_json(found))
    else:
        print_lines(questions_text(found, project))
    return ExitCode.ERROR if len(found) else ExitCode.DONE
