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
    from decimal import Decimal

    from sorasync.operations.project import Project

_BATCH = "batch:"
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
    answers = (adopt is not None) + resend + forget
    if answers > 1:
        raise click.UsageError("give one of --adopt, --resend and --forget")
    if answers and address is None:
        raise click.UsageError("name the ADDRESS to be settled")
    project = globals.project()
    if not answers:
        return _list(globals, project, address, thumbnails=not no_thumbnails)
    assert address is not None
    sentence = _adopt_or_release(project, address, adopt, lock_timeout, resend=resend, force=force)
    if globals.json:
        answer = "adopt" if adopt else "resend" if resend else "forget"
        print_json({"format_version": 1, "address": address, "answer": answer, "remote_id": adopt})
    else:
        print_lines([sentence])
    return ExitCode.DONE


def _list(globals: Globals, project: Project, address: str | None, *, thumbnails: bool) -> ExitCode:
    from sorasync.cli.views.resolve_output import questions_json, questions_text
    from sorasync.operations.resolve import questions

    found = questions(project, None if address is None else _addresses(address), thumbnails=thumbnails)
    if globals.json:
        print_json(questions_json(found))
    else:
        print_lines(questions_text(found, project))
    return ExitCode.ERROR if len(found) else ExitCode.DONE


def _adopt_or_release(
    project: Project, address: str, adopt: str | None, lock_timeout: float, *, resend: bool, force: bool
) -> str:
    from sorasync.cli.app.invocation import changing
    from sorasync.operations import resolve as resolving

    if adopt is not None:
        project.require_provider()
    if address.startswith(_BATCH):
        return _settle_batch(project, address, adopt, lock_timeout, resend=resend, force=force)
    with changing(project, lock_timeout) as session:
        record = resolving.question_of(session.store, _addresses(address), address)
        if adopt is not None:
            job = resolving.adopt(project, session, record, adopt, force=force)
            sentence = f"{address} is {job.id} ({job.status.value}): the next apply follows and downloads it."
        elif resend:
            resolving.resend(session, record)
            sentence = (
                f"{address} never arrived: the next apply sends it again{_price_text(record.cost_usd)}."
            )
        else:
            resolving.forget(session, record)
            sentence = f"{address} is forgotten; if it is still declared, the next plan renders it again."
    resolving.drop_pictures(project)
    return sentence


def _settle_batch(
    project: Project, name: str, adopt: str | None, lock_timeout: float, *, resend: bool, force: bool
) -> str:
    from sorasync.cli.app.invocation import changing
    from sorasync.operations import resolve, resolve_batch
    from sorasync.text import counted

    with changing(project, lock_timeout) as session:
        question = resolve_batch.question_of(session.store, name)
        renders = counted(len(question.records), "render")
        if adopt is not None:
            batch = resolve_batch.adopt(project, session, question, adopt, force=force)
            return (
                f"The {renders} are in {batch.id} ({batch.status.value}): the next apply reads its results."
            )
        release = resolve.resend if resend else resolve.forget
        release(session, *question.records)
    if resend:
        return f"The batch never arrived: the next apply sends its {renders} again, for {question.cost}."
    return f"The {renders} are forgotten; the next plan renders again what is still declared."


def _price_text(cost: Decimal | None) -> str:
    from sorasync.plan.cost import money

    return f", for {money(cost)}"


def _addresses(address: str) -> set[str]:
    """The full addresses that a person may mean: of a clip with one take `#1` may be left out."""
    if address.startswith(_BATCH):
        return {address}
    from sorasync.graph.address import spellings

    return {full for named in spellings(address) for full in _with_take(named)}


def _with_take(named: str) -> set[str]:
    take, slash, step = named.partition("/")
    full = take if "#" in take or take.startswith("character.") else f"{take}#1"
    return {named, f"{full}{slash}{step}"}
