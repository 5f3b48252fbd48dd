"""Arguments that are addresses, and how a shell completes them.

The names come from the manifests alone, faulty ones included as far as they can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sorasync.manifest.outline import Named


class AddressType(click.types.StringParamType):
    """An address. With `patterns` also `tag:NAME`; with `kinds` only those of such things.

    The value stays as it was typed: what it means is for the command to find out.
    """

    name = "address"

    def __init__(self, *, patterns: bool = False, kinds: tuple[str, ...] = ("",)) -> None:
        self._patterns = patterns
        self._kinds = kinds

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The addresses that start with the typed text. Never raises: a shell cannot show errors."""
        from click.shell_completion import CompletionItem

        try:
            named = list(_declared_names(ctx))
        except (OSError, ValueError, RecursionError):
            return []
        kinds = [one for one in named if one.address.startswith(self._kinds)]
        found = dict.fromkeys(completions(kinds, incomplete))
        if self._patterns and incomplete.startswith("tag"):
            tags = sorted({f"tag:{tag}" for one in named for tag in one.tags})
            found |= dict.fromkeys(tag for tag in tags if tag.startswith(incomplete))
        return [CompletionItem(address) for address in found]


# One address: a clip, a take, a step, a character.
ADDRESS = AddressType()

# One clip or still, or a take of it.
CLIP = AddressType(kinds=("clip.", "still."))

# An address, a pattern with `*` and `?`, or `tag:NAME`.
PATTERN = AddressType(patterns=True)


def completions(named: Iterable[Named], incomplete: str) -> Iterator[str]:
    """The addresses that begin with a text; takes only behind a `#`, steps only behind a `/`.

    A text that does not begin with a kind may be a name without it.
    """
    from sorasync.graph.address import KINDS

    bare = bool(incomplete) and not any(kind.startswith(incomplete[: len(kind)]) for kind in KINDS)
    head, take, rest = incomplete.partition("#")
    for one in named:
        name = one.address.partition(".")[2] if bare else one.address
        if not take and name.startswith(incomplete):
            yield name
        elif take and name == head:
            yield from (text for text in _renders(one, name, "/" in rest) if text.startswith(incomplete))


def _renders(one: Named, name: str, with_steps: bool) -> Iterator[str]:
    for number in range(1, one.takes + 1):
        if with_steps:
            yield from (f"{name}#{number}/{step}" for step in range(1, one.steps + 1))
        else:
            yield f"{name}#{number}"


def _declared_names(ctx: click.Context) -> Iterator[Named]:
    from sorasync.cli.arguments.completed_values import library_of
    from sorasync.manifest.outline import outline

    root = library_of(ctx)
    return iter(()) if root is None else outline(root)
