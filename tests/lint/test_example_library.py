"""The library that comes with the program has nothing that the lint finds."""

from __future__ import annotations

from pathlib import Path

import sorasync
from sorasync.operations.project import Project


def test_the_example_library_is_quiet() -> None:
    project = Project.open(Path(sorasync.__file__).parent.parent)
    assert project.lint(project.library()) == ()
