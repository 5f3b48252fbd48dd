"""Commands that print at once what they printed before, while nothing has changed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.output import print_lines
from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE, find_library
from sorasync.operations.remembered_answer import Answer, Outset, recall, remember

if TYPE_CHECKING:
    from sorasync.cli.app.library_options import Globals
    from sorasync.operations.project import Project


def question_of(globals: Globals) -> str | None:
    """What is asked, and where and how it is printed; None where the answer is more than some lines.

    In a CI job a command also writes for the service.
    """
    from sorasync.cli.terminal.capabilities import colour_wanted
    from sorasync.cli.terminal.columns import screen_width

    if globals.format != "text" or globals.verbose or os.environ.get("CI"):
        return None
    surroundings = (str(Path.cwd()), screen_width(), sys.stdout.isatty(), colour_wanted())
    asked = sorted(click.get_current_context().params.items())
    return repr((globals.library, globals.env, globals.quiet, surroundings, asked))


def asked_before(globals: Globals, command: str) -> ExitCode | None:
    """Print the answer to a question that was asked before; None where it has to be found anew."""
    if globals.question is None:
        return None
    try:
        root = find_library(globals.library or Path.cwd())
    except SorasyncError:
        # The command says it, or was told of files elsewhere.
        return None
    answer = recall(root, command, globals.env, globals.question, time.time())
    if answer is None:
        return None
    print_lines(answer.lines)
    return ExitCode(answer.code)


def seen_before(globals: Globals, project: Project, *, state: bool = True) -> Outset | None:
    """What an answer is about to be made from; None where it is not kept in any case.

    Without `state` it is made from the manifests alone. A state in a database, assets in a bucket,
    profiles of one's own and small libraries are asked afresh each time.
    """
    from sorasync.operations.cache import is_worth_keeping
    from sorasync.profile.price_book import BOOK_FILE

    # What the last run has kept tells how large the library is: looking costs small ones more than it saves.
    if globals.question is None or project.engine is None or not is_worth_keeping(project.engine):
        return None
    # After an edit there is something to do as a rule, and the next run may keep that there is nothing.
    if project.engine.is_behind(project.root):
        return None
    config = project.config
    if _has_own_profile(project):
        return None
    contents = [CONFIG_FILE, BOOK_FILE]
    contents += [f".sorasync/{name}.schema.json" for name in ("manifest", "config")]
    listings = [config.library.manifests]
    if state:
        from sorasync.assets.checked import DAMAGED_FILE
        from sorasync.assets.made_names import NAMES_FILE
        from sorasync.state.connect import location

        if not config.state.url.startswith("sqlite:") or config.assets.url is not None:
            return None
        database = location(config.state.url, project.root)
        if database is None:
            return None
        contents += [f"{database}{end}" for end in ("", "-wal", "-journal")]
        store = project.assets().root
        contents += [f"{store}/{name}" for name in (NAMES_FILE, DAMAGED_FILE)]
        contents += [str(project.lock_path)] if project.lock_path else []
        listings.append(config.assets.path)
    try:
        return Outset.seen(project.root, contents, listings, project.clock.now())
    except OSError:
        return None


def keep_answer(
    globals: Globals,
    project: Project,
    command: str,
    seen: Outset | None,
    lines: Iterable[str],
    code: ExitCode,
) -> None:
    """Keep an answer for the next time, where it follows from what was `seen` alone."""
    engine = project.engine
    if seen is None or globals.question is None or engine is None:
        return
    if not all(found.settled for found in engine.digests.values()):
        return
    stamps = {path: one.stamp for path, one in engine.digests.items()}
    answer = Answer(list(lines), int(code))
    remember(project.root, command, globals.env, globals.question, stamps, seen, answer, project.clock.now())


def _has_own_profile(project: Project) -> bool:
    """Whether a profile is a file, which may extend others: their changes would not be seen."""
    hosts = [project.config.provider, *project.config.providers.values()]
    return any(host.profile.endswith(".toml") or "/" in host.profile for host in hosts)
