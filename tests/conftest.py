"""What holds for every test."""

from __future__ import annotations

import os


def pytest_configure() -> None:
    """Forget that a continuous integration may run the tests: sorasync behaves otherwise there.

    Tests that are about it set the variables themselves.
    """
    for name in [name for name in os.environ if name == "CI" or name.startswith(("GITHUB_", "GITLAB_"))]:
        del os.environ[name]
