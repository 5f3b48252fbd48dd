"""The program's own source, as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import sorasync

ROOT = Path(sorasync.__file__).parent


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its dotted name."""
    return {_name(path): ast.parse(path.read_text("utf-8"), str(path)) for path in sorted(ROOT.rglob("*.py"))}


@cache
def lengths() -> dict[str, int]:
    """The number of lines of every module."""
    return {_name(path): len(path.read_text("utf-8").splitlines()) for path in ROOT.rglob("*.py")}


def _name(path: Path) -> str:
    parts = ["sorasync", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package(module: str) -> str:
    """The part of the program that a module belongs to: `plan`, or its own name for one at the root."""
    return module.split(".")[1] if "." in module else ""


@cache
def imports(module: str, *, at_start: bool = False, types: bool = True) -> tuple[str, ...]:
    """The modules that a module imports, our own and others, by dotted name.

    With `at_start` only those imported when it is loaded, not in its functions; without `types` not those
    for type checkers alone, which `at_start` leaves out as well.
    """
    found: list[str] = []
    for node in _nodes(modules()[module], functions=not at_start, types=types and not at_start):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.append(inner if inner in modules() else node.module)
    return tuple(found)


def dotted(node: ast.expr) -> str:
    """A name with its dots, such as `os.open`; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def _nodes(tree: ast.AST, *, functions: bool, types: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        # No import stands inside an expression, and most nodes are expressions.
        if isinstance(node, ast.expr):
            continue
        if not functions and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if not types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _nodes(node, functions=functions, types=types)
