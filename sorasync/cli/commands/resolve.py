"""`sorasync resolve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sorasync.cli.address_argument import ADDRESS
from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.lock_option import lock_option
from sorasync.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from decimal import Decimal

    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync resolve                              # the open questions and what could be the answer
  sorasync resolve clip.market --adopt video_7  # that video is it; the next apply fetches it
  sorasync resolve clip.market --resend         # it never arrived; the next apply sends it again
  sorasync resolve clip.market --forget         # let it be; what it cost stays counted
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", required=False, type=ADDRESS, metavar="[ADDRESS]")
@click.option("--adopt", metavar="ID", help="The job that came of it.")
@click.option("--resend", is_flag=True, help="Nothing came of it: let the next apply send it again.")
@click.option("--forget", is_flag=True, help="Drop the question with its record.")
@click.option("--force", is_flag=True, help="Adopt a job although it says it is something else.")
@click.option("--no-thumbnails", is_flag=True, help="Fetch no pictures of the candidates.")
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

    Usually an apply finds out by itself what became of them. What it cannot tell is listed here, with the
    provider's videos that could be the answer, how their prompts differ from what was sent, and a picture of
    each. Listing changes nothing and exits with 1 while questions are open.
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
    sentence = _settle(project, address, adopt, lock_timeout, resend=resend, force=force)
    if globals.json:
        answer = "adopt" if adopt else "resend" if resend else "forget"
        print_json({"format_version": 1, "address": address, "answer": answer, "remote_id": adopt})
    else:
        print_lines([sentence])
    return ExitCode.DONE


def _list(globals: Globals, project: Project, address: str | None, *, thumbnails: bool) -> ExitCode:
    from dataclasses import replace

    from sorasync.cli.resolve_output import questions_json, questions_text
    from sorasync.operations.resolve import questions

    found = questions(project, thumbnails=thumbnails)
    if address is not None:
        wanted = _addresses(address)
        found = replace(found, open=tuple(q for q in found.open if q.record.address in wanted))
    if globals.json:
        print_json(questions_json(found))
    else:
        print_lines(questions_text(found, project))
    return ExitCode.ERROR if found.open else ExitCode.DONE


def _settle(
    project: Project, address: str, adopt: str | None, lock_timeout: float, *, resend: bool, force: bool
) -> str:
    from sorasync.cli.invocation import changing
    from sorasync.operations import resolve as resolving

    with changing(project, lock_timeout) as session:
        record = resolving.question_of(session.store, _addresses(address), address)
        if adopt is not None:
            job = resolving.adopt(project, session, record, adopt, force=force)
            sentence = f"{address} is {job.id} ({job.status.value}): the next apply follows and fetches it."
        elif resend:
            resolving.resend(session, record)
            sentence = f"{address} never arrived: the next apply sends it again{_price(record.cost_usd)}."
        else:
            resolving.forget(session, record)
            sentence = f"{address} is forgotten; if it is still declared, the next plan renders it anew."
    resolving.drop_pictures(project)
    return sentence


def _price(cost: Decimal | None) -> str:
    from sorasync.plan.cost import money

    return f", for {money(cost)}"


def _addresses(address: str) -> set[str]:
    """The full addresses that a person may mean: of a clip with one take `#1` may be left out."""
    named = address if address.startswith(("clip.", "character.")) else f"clip.{address}"
    take, slash, step = named.partition("/")
    full = take if "#" in take or take.startswith("character.") else f"{take}#1"
    return {named, f"{full}{slash}{step}"}
