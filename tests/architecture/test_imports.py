"""Which part of the program may know which.

The table is the design: an arrow that is missing here is missing on purpose. What a part needs and may not
import comes in as data.
"""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

import pytest

from tests.architecture.source import dotted, imports, modules, package

MAY_IMPORT: dict[str, set[str]] = {
    "toml": set(),
    "profile": {"toml"},
    "provider": {"profile"},
    "assets": set(),
    "preview": set(),
    "manifest": {"profile", "toml"},
    "graph": {"manifest", "profile"},
    "state": {"graph", "toml"},
    "plan": {"graph", "state", "profile"},
    "preflight": {"manifest", "graph", "profile"},
    "recovery": {"plan", "state", "provider", "graph"},
    # Films are made of renders on this machine: no provider and no money. Where a render is missing, the
    # preview server's drawing stands in.
    "cuts": {"graph", "manifest", "preview", "toml"},
    # Checks measure files: what is to be checked, and what is done about it, others know.
    "checks": {"assets", "manifest"},
    "apply": {"plan", "state", "provider", "assets", "graph", "profile", "recovery"},
}
PARTS = set(MAY_IMPORT)
MAY_IMPORT["operations"] = PARTS
MAY_IMPORT["api"] = PARTS | {"operations", "doctor"}
MAY_IMPORT["doctor"] = PARTS | {"operations"}
MAY_IMPORT["watch"] = PARTS | {"operations"}
MAY_IMPORT["review"] = PARTS | {"api", "operations", "watch"}
ANYONE_MAY_IMPORT = {
    "errors",
    "clock",
    "text",
    "durable",
    "forked_work",
    "installed",
    "library_file",
    "sensitive",
    "value_class",
}
# A plan carries the warnings of its library along, unread. Inside one process a connection has no socket to
# cut, so a broken one is the exception that the caller's client would have made of it.
EXCEPTIONS = {
    ("sorasync.plan.plan", "sorasync.manifest.diagnostic"),
    ("sorasync.preview.faults.cut", "httpx"),
}

PURE = ("graph", "plan")
# Reads a plan from a file.
IMPURE = {"sorasync.plan.planfile"}
PURE_IMPORTS = {
    "__future__",
    "collections",
    "dataclasses",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "json",
    "operator",
    "re",
    "sorasync",
    "typing",
    "unicodedata",
}

ONLY_IN: dict[str, set[str]] = {
    "aiohttp": {"provider"},
    "httpx": {"provider"},
    "sqlite3": {"state", "preview", "manifest"},
    "sqlite_utils": {"state", "preview"},
    "click": {"cli"},
    "opentimelineio": {"cuts"},
    "psycopg": {"state"},
    "procrastinate": {"state"},
    "rich": {"cli"},
    "tree_sitter": {"toml"},
    "rtoml": {"toml"},
}
# Only installed with the preview server: elsewhere they are imported when they are used, if at all.
OPTIONAL = ("starlette", "uvicorn", "av", "numpy", "PIL")


def ours(module: str) -> set[str]:
    """The modules of the program that a module imports, wherever in it."""
    return {name for name in imports(module) if name.partition(".")[0] == "sorasync"}


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_package_imports_only_what_it_may_know(part: str) -> None:
    members = [module for module in modules() if package(module) == part]
    assert members
    allowed = MAY_IMPORT[part] | ANYONE_MAY_IMPORT | {part}
    wrong = {
        (module, name)
        for module in members
        for name in ours(module)
        if package(name) not in allowed and (module, name) not in EXCEPTIONS
    }
    assert wrong == set()


def test_every_package_stands_in_the_table() -> None:
    packages = {package(module) for module in modules() if module.count(".") > 1}
    assert packages == {*MAY_IMPORT, "cli"}


def test_the_exceptions_are_needed() -> None:
    assert {(module, name) for module, name in EXCEPTIONS if name not in imports(module)} == set()


def test_only_the_command_line_knows_the_command_line() -> None:
    wrong = {
        (module, name)
        for module in modules()
        for name in ours(module)
        if package(name) == "cli" and package(module) not in ("cli", "__main__")
    }
    assert wrong == set()


def test_what_anyone_may_import_imports_nothing_of_ours() -> None:
    for module in ANYONE_MAY_IMPORT:
        assert {package(name) for name in ours(f"sorasync.{module}")} <= ANYONE_MAY_IMPORT


def test_nothing_else_stands_at_the_root() -> None:
    root = {package(module) for module in modules() if module.count(".") == 1}
    assert root == {*MAY_IMPORT, *ANYONE_MAY_IMPORT, "cli", "__main__"}


def test_no_module_needs_itself_to_be_loaded() -> None:
    needs = {
        module: {name for name in imports(module, at_start=True) if name in modules() and name != module}
        for module in modules()
    }
    assert len(list(TopologicalSorter(needs).static_order())) == len(modules())


@pytest.mark.parametrize("name", ONLY_IN)
def test_a_library_is_known_in_its_own_part_only(name: str) -> None:
    users = {m for m in modules() if name in {i.partition(".")[0] for i in imports(m, types=False)}}
    assert users
    unexpected = {module for module in users if package(module) not in ONLY_IN[name]}
    assert {module for module in unexpected if (module, name) not in EXCEPTIONS} == set()


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_may_not_be_installed_is_needed_to_load_the_preview_server_only(name: str) -> None:
    users = {m for m in modules() if name in {i.partition(".")[0] for i in imports(m, at_start=True)}}
    assert users
    # `cuts` makes films, `checks` measures them and `review` serves a page, each with an extra of its own:
    # only their commands and the processes that check load them.
    assert {package(module) for module in users} - {"cuts", "checks", "review"} == {"preview"}


@pytest.mark.parametrize("part", PURE)
def test_what_is_pure_imports_nothing_that_reaches_outside(part: str) -> None:
    wrong = {
        (module, name)
        for module in modules()
        if package(module) == part and module not in IMPURE
        for name in imports(module)
        if name.partition(".")[0] not in PURE_IMPORTS
    }
    assert wrong == set()


# Everything else asks `library_file`: a name in a library may be a link to anything.
READS_BY_ITSELF = {
    "sorasync.library_file": "opens every file of a library",
    "sorasync.installed": "what an installer noted of this program",
    "sorasync.manifest.shipped": "a schema of this program",
    "sorasync.cli.app.reference": "a page of a checkout, whose table it renews",
    "sorasync.cli.app.output_schema": "a schema of this program",
    "sorasync.manifest.pages": "a page of this program",
    "sorasync.operations.init": "a template of this program, and files that must be new",
    "sorasync.profile.load": "a profile of this program",
    "sorasync.state.process": "what the system says of a process",
    "sorasync.state.queue_schema": "the schema that the queue's engine ships with",
    "sorasync.state.filesystem": "what the system says of its mounts",
    "sorasync.state.backup": "a copy that was just made",
    "sorasync.assets.disk": "files of its own making",
    "sorasync.durable": "files and directories of its own making",
    "sorasync.forked_work": "the null device",
    "sorasync.cli.app.ci_service": "the summary that a runner collects",
    "sorasync.cli.main": "the null device",
    "sorasync.cli.app.interrupt": "the null device",
}


def test_files_of_a_library_are_opened_in_one_way() -> None:
    reading = {
        module
        for module, tree in modules().items()
        if package(module) != "preview"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _opens(node)
    }
    assert reading - READS_BY_ITSELF.keys() == set()


def _opens(call: ast.Call) -> bool:
    """Whether a call opens a file by its name."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
    if name in ("read_text", "read_bytes") or dotted(call.func) in ("open", "os.open"):
        return True
    mode = call.args[0] if call.args else None
    return name == "open" and isinstance(mode, ast.Constant) and mode.value in ("rb", "r", "rb+", "a")


def test_nothing_but_the_command_line_prints_or_exits() -> None:
    wrong = [
        (module, node.lineno)
        for module, tree in modules().items()
        if package(module) != "cli"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) in _FORBIDDEN
    ]
    # A forked process must not run on into what its parent does.
    assert {module for module, _ in wrong} == {"sorasync.forked_work"}
    assert len(wrong) == 1


_FORBIDDEN = {"print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write", "sys.stderr.write"}


def test_sql_is_written_in_the_state_and_in_the_preview_server_only() -> None:
    others = [name for name in modules() if package(name) not in ("state", "preview")]
    assert [name for name in others if _reads_a_session(modules()[name])] == []


def _reads_a_session(tree: ast.Module) -> bool:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(
        isinstance(call, ast.Attribute)
        and isinstance(call.value, ast.Attribute)
        and call.value.attr == "session"
        for call in calls
    )
