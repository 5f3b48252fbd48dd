"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No example is given a time: what else the machine does must not decide whether a property holds.
settings.register_profile(
    "untimed", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Forget that a continuous integration may run the tests: sorasync behaves otherwise there.

    Tests that are about it set the variables themselves.
    """
    for name in [name for name in os.environ if name == "CI" or name.startswith(("GITHUB_", "GITLAB_"))]:
        del os.environ[name]
