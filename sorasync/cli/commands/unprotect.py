"""`sorasync unprotect`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import ADDRESS
from sorasync.cli.arguments.lock_option import lock_option
from sorasync.cli.views.diagnostics.diagnostic_paths import from_here

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.manifest.library import Library
    from sorasync.operations.project import Project
    from sorasync.state.record import Binding

_EXAMPLES = """\b
Examples:
  sorasync unprotect clip.market
  sorasync unprotect 'clip.market#2'
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS, metavar="ADDRESS")
@lock_option
def command(globals: Globals, address: str, lock_timeout: float) -> ExitCode:
    """Lift the protection that the state remembers for an address.

    A clip with `protect = true` stays protected when its block is deleted; this lifts that. While the
    manifest still says so, the next apply protects it again.
    """
    from sorasync.cli.app.invocation import changing

    project = globals.project()
    with project.synced_store() as store:
        bindings = store.bindings()
    manifests = _manifests(project)
    found = _meant(address, bindings, manifests)
    guarded = [place for place in found if place in bindings and bindings[place].protect]
    if guarded:
        with changing(project, lock_timeout) as session:
            for place in guarded:
                session.store.protect(place, False, run=session.run)
    again = None if manifests is None else _said_again(*manifests, found)
    if globals.json:
        print_json({"format_version": 1, "lifted": sorted(guarded), "protected_again_by": again})
        return ExitCode.DONE
    names = ", ".join(sorted(guarded))
    if again:
        lifted = f"{names}: the protection is removed from the state. " if guarded else ""
        print_lines([f"{lifted}{address} stays protected by protect = true at {again}."])
    elif guarded:
        print_lines([f"{names}: no longer protected."])
    else:
        print_lines([f"{address} is not protected; nothing was changed."])
    return ExitCode.DONE


def _manifests(project: Project) -> tuple[Library, Graph] | None:
    """What is declared, None where no manifest can be read: then what the state knows has to do."""
    from sorasync.manifest.diagnostic import ManifestError

    try:
        library = project.library()
        return library, project.graph(library)
    except ManifestError:
        return None


def _meant(
    text: str, bindings: Mapping[str, Binding], manifests: tuple[Library, Graph] | None
) -> tuple[str, ...]:
    """The addresses, bound or declared, that a word means. Raises `SorasyncError` where there are none."""
    from sorasync.cli.arguments.address_lookup import unknown
    from sorasync.graph.address import owner

    prefixed = [text] if text.startswith(("clip.", "character.")) else [f"clip.{text}", f"character.{text}"]
    known = dict.fromkeys(bindings) | dict.fromkeys(() if manifests is None else manifests[1].renders)
    for name in prefixed:
        found = tuple(a for a in known if name in (a, owner(a)) or a == f"{name}#1")
        if found:
            return found
    raise unknown(text, known)


def _said_again(library: Library, graph: Graph, addresses: Iterable[str]) -> str | None:
    """Where a manifest still protects one of the addresses, None where none does."""
    from sorasync.manifest.library import Origin

    for address in addresses:
        render = graph.renders.get(address)
        if render is None or not render.protect:
            continue
        name = address.partition("#")[0].partition(".")[2]
        spec = library.clips[name] if address.startswith("clip.") else library.characters[name]
        at = library.position(Origin(spec.origin.file, (*spec.origin.path, "protect")))
        return f"{from_here(at.file)}:{at.line}"
    return None
