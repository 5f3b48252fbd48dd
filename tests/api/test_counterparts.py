"""What the command line can do, the Python library can, and both do it by the same functions."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import pytest

from sorasync.api.library import Library
from sorasync.api.library_state import LibraryState
from sorasync.cli.commands.assets import COMMANDS as ASSETS_COMMANDS
from sorasync.cli.commands.state import COMMANDS as STATE_COMMANDS
from sorasync.cli.main import COMMANDS
from tests.architecture.source import imports, modules, package

PAGE = Path(__file__).parents[2] / "docs" / "python.md"

# The methods that do what a command does.
COUNTERPARTS: dict[str, tuple[str, ...]] = {
    "init": ("init",),
    "validate": ("validate",),
    "preflight": ("preflight",),
    "plan": ("plan",),
    "apply": ("apply", "apply_async", "start", "_run"),
    "wait": ("wait", "_run"),
    "status": ("status",),
    "show": ("show",),
    "why": ("show",),
    "find": ("find",),
    "diff": ("diff",),
    "check": ("check",),
    "cut": ("make_film", "export_cut", "diff_cuts"),
    "pick": ("pick",),
    "graph": ("graph",),
    "pull": ("pull",),
    "queue": ("queue", "cancel_queued"),
    "cancel": ("in_progress", "cancel"),
    "gc": ("retired", "gc"),
    "destroy": ("destroy",),
    "unprotect": ("unprotect",),
    "migrate": ("migrate",),
    "accept": ("accept",),
    "import": ("import_render", "import_remote", "import_workflow"),
    "resolve": ("questions", "resolve"),
    "retry": ("retry",),
    "drift": ("drift",),
    "history": ("history", "run"),
    "log": ("log",),
    "cost": ("cost", "usable_cost", "estimate_accuracy"),
    "prices": ("prices", "sync_prices"),
    "doctor": ("doctor",),
    "assets move": ("move_assets",),
    "state list": ("state.rows",),
    "state check": ("state.check",),
    "state lock": ("state.lock",),
    "state unlock": ("state.unlock",),
    "state backups": ("state.backups",),
    "state restore": ("state.restore",),
    "state recover": ("state.recover",),
    "state reconcile": ("state.reconcile",),
    "state export": ("state.export",),
    "state move": ("state.move",),
    "state import": ("state.fill",),
}
# Commands for people and editors; docs/python.md says of each why it has no method.
NO_METHOD = {"explain", "fmt", "schema", "watch", "review", "run", "preview", "profiles", "completion"}
# What a library has besides: where it is, and how its parts are reached.
NO_COMMAND = {"open", "name", "profile", "hosts", "state", "clips", "stills", "takes", "cuts"}
# Functions of a command that only add to what it shows.
SHOWN_BESIDE = {
    "plan": {"failed_checks", "forgotten", "cut_views", "require_output_file", "write_output"},
    "pick": {"takes_of_clip"},
    "state export": {"write_output"},
}


def test_every_command_has_its_methods_or_a_reason() -> None:
    commands = {name for name in COMMANDS if name not in ("state", "assets")}
    commands |= {f"state {name}" for name in STATE_COMMANDS} | {f"assets {name}" for name in ASSETS_COMMANDS}
    assert {*COUNTERPARTS, *NO_METHOD} == commands
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in NO_METHOD if f"`{name}`" not in page] == []


def test_every_method_has_its_command() -> None:
    methods = {name for name in dir(Library) if not name.startswith("_")}
    methods |= {f"state.{name}" for name in dir(LibraryState) if not name.startswith("_")}
    named = {method for several in COUNTERPARTS.values() for method in several if not method.startswith("_")}
    assert methods - named - NO_COMMAND == set()
    assert named - methods == set()
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in sorted(named | NO_COMMAND) if not re.search(rf"[`.]{name}\b", page)] == []


@pytest.mark.parametrize("command", COUNTERPARTS)
def test_a_command_and_its_methods_call_the_same_functions(command: str) -> None:
    file = command.replace(" ", ".")
    module = f"sorasync.cli.commands.{file}"
    tree = modules().get(module) or modules()[f"{module}_"]
    by_methods = {name for method in COUNTERPARTS[command] for name in _called(_source(method))}
    by_command = _called(tree)
    assert by_methods, "a method that delegates to nothing"
    assert by_methods <= by_command
    assert by_command - by_methods <= SHOWN_BESIDE.get(command, set())


def _source(method: str) -> ast.AST:
    group, _, name = method.rpartition(".")
    found = inspect.getattr_static(LibraryState if group else Library, name)
    return ast.parse(textwrap.dedent(inspect.getsource(getattr(found, "fget", None) or found)))


def _called(tree: ast.AST) -> set[str]:
    """The functions of operations and of the doctor that are imported to be called."""
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and package(node.module or "") in ("operations", "doctor")
        for alias in node.names
        if alias.name.islower()
    }


def test_no_command_opens_what_a_library_is_made_of() -> None:
    """State, videos and provider are the business of operations."""
    inner = {"state", "provider", "apply", "assets", "graph", "preflight", "recovery", "checks", "cuts"}
    reached = {
        (module, name)
        for module in modules()
        if module.startswith("sorasync.cli.commands.")
        for name in imports(module, types=False)
        if name.startswith("sorasync.") and package(name) in inner
    }
    assert reached == set()
