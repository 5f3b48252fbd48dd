"""Every part says what it is for, and none is too long to read."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from tests.architecture.source import lengths, modules

# A file holds one idea, whole: these bounds only catch what nobody can read in one sitting any more.
LONGEST_MODULE = 600
LONGEST_FUNCTION = 80


def public(
    tree: ast.Module | ast.ClassDef,
) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public classes and functions of a module, and the public methods of those classes."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        setter = any(ast.unparse(mark).endswith(".setter") for mark in node.decorator_list)
        if node.name.startswith("_") or setter:
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public(node)


def test_every_module_has_a_docstring() -> None:
    assert [module for module, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_every_public_class_and_function_has_a_docstring() -> None:
    silent = [
        f"{module}:{node.lineno} {node.name}"
        for module, tree in modules().items()
        for node in public(tree)
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_module_is_too_long() -> None:
    assert {module: count for module, count in lengths().items() if count > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{module}:{node.lineno} {node.name}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_placeholders_have_no_numbers() -> None:
    # Python warns of `?1` with a sequence from 3.12 to 3.12.3, and refuses it later: `:name` takes a mapping.
    numbered = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"\b(SELECT|WHERE|VALUES|SET)\b.*\?\d", node.value)
    ]
    assert numbered == []


def test_a_file_name_tells_where_it_is() -> None:
    names = Counter(module.rpartition(".")[2] for module in modules() if "." in module)
    packages = {module.rpartition(".")[0] for module in modules()}
    of_packages = {package.rpartition(".")[2] for package in packages}
    assert {name: count for name, count in names.items() if count > 3 and name not in of_packages} == {}
