"""What every command shares: the global options and how a command opens its library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sorasync.cli.arguments import completed_values as complete

if TYPE_CHECKING:
    from sorasync.operations.project import Project

F = TypeVar("F", bound=Callable[..., Any])

_KEY = "sorasync.globals"


@dataclass(frozen=True, slots=True)
class Globals:
    """The global options, given before or after the command's name; the later ones win."""

    library: Path | None = None
    env: str | None = None
    format: str = "text"
    quiet: bool = False
    verbose: bool = False
    # Whether the command uses the last run's cache of the manifests.
    cached: bool = False
    no_cache: bool = False
    # What is asked, where the answer may be kept: see `sorasync.operations.remembered_answer`.
    question: str | None = None

    def project(self) -> Project:
        """The library that the command is about."""
        from sorasync.cli.views.diagnostics.diagnostic_paths import files_are_of
        from sorasync.library_file import find_library
        from sorasync.operations.project import Project

        # Before it is opened: the configuration's own faults have a place as well.
        files_are_of(find_library(self.library or Path.cwd()))
        opened = Project.open(self.library, self.env, cached=self.cached and not self.no_cache)
        return replace(opened, forks=True)

    @property
    def json(self) -> bool:
        """Whether the output is one object for programs."""
        return self.format == "json"

    @property
    def events(self) -> bool:
        """Whether the output is a stream of JSON lines."""
        return self.format == "events"


def global_options(function: F) -> F:
    """Add the global options to the group of commands."""
    return _options(function, ("text", "json"))


def subcommand(
    *,
    formats: tuple[str, ...] = ("text", "json"),
    epilog: str | None = None,
    cached: bool = False,
    remembered: bool = False,
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command that takes the global options too and gets them as its first argument.

    `formats` are the values that `--format` takes, the first one its default. A `cached` command reads only
    the manifests that have changed since the last one, unless told otherwise. A `remembered` one prints what
    it printed before while nothing has changed.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            chosen = replace(current(), cached=cached)
            if chosen.format not in formats:
                raise click.UsageError(f"--format must be one of: {', '.join(formats)}")
            if remembered and not chosen.no_cache:
                from sorasync.cli.app.remembered_command import asked_before, question_of

                chosen = replace(chosen, question=question_of(chosen))
                if (code := asked_before(chosen, name)) is not None:
                    return code
            return function(chosen, *args, **options)

        name = function.__module__.rpartition(".")[2].rstrip("_").replace("_", "-")
        wrapped = _options(_silent(_NO_CACHE)(run) if cached else run, formats)
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        return click.command(name=name, epilog=epilog, context_settings=settings)(wrapped)

    return decorate


def current() -> Globals:
    """The global options of the command that runs now."""
    return globals_of(click.get_current_context())


def globals_of(ctx: click.Context) -> Globals:
    """The global options that a context has seen."""
    found: dict[str, Any] = ctx.meta.get(_KEY, {})
    return Globals(**found)


def _remember(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and value is not False and parameter.name is not None:
        ctx.meta.setdefault(_KEY, {})[parameter.name] = value


_NO_CACHE = click.option(
    "--no-cache", is_flag=True, help="Read every manifest, even those that have not changed."
)


def _options(function: F, formats: tuple[str, ...]) -> F:
    options = (
        click.option(
            "--library",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            metavar="DIR",
            help="The library's directory. Default: the nearest sorasync.toml upwards.",
        ),
        click.option(
            "--env",
            metavar="NAME",
            shell_complete=complete.environments,
            help="Merge [env.NAME] of sorasync.toml over the base configuration.",
        ),
        click.option(
            "--format",
            metavar="|".join(formats),
            shell_complete=complete.words(formats),
            help=f"How to show the result. Default: {formats[0]}.",
        ),
        click.option("--quiet", "-q", is_flag=True, help="Print only the result's last lines."),
        click.option("--verbose", "-v", is_flag=True, help="Print more."),
    )
    for option in reversed(options):
        function = _silent(option)(function)
    return function


def _silent(option: Callable[[F], F]) -> Callable[[F], F]:
    """Make an option keep its value in the context instead of passing it to the function."""

    def decorate(function: F) -> F:
        decorated = option(function)
        parameters: list[click.Parameter] = getattr(decorated, "__click_params__")  # noqa: B009
        parameters[-1].expose_value = False
        parameters[-1].callback = _remember
        return decorated

    return decorate
