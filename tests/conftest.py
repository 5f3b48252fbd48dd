"""What holds for every test."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres_server import PostgresServer, running_server

# No example is given a time: what else the machine does must not decide whether a property holds.
settings.register_profile(
    "untimed", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


# Bytes of address space for a process of the suite, and all that it starts. What grows without end fails with
# a traceback, instead of taking the machine's memory and whatever else runs there along.
_MEMORY = 8 << 30


def pytest_configure() -> None:
    """Forget that a continuous integration may run the tests: sorasync behaves otherwise there.

    Tests that are about it set the variables themselves. And bound the memory.
    """
    for name in [name for name in os.environ if name == "CI" or name.startswith(("GITHUB_", "GITLAB_"))]:
        del os.environ[name]
    # What one of the programs that tests start compiles, the next finds compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY if most < 0 else min(_MEMORY, most), most))


# Signs of a parameter that is shown whole in a test's name. A name of megabytes is sent to every worker, kept
# many times over, and breaks programs that get it in their environment.
_SHOWN = 120


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long texts and bytes by their length; None leaves the rest to pytest."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > _SHOWN else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for all tests of this process."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def program() -> Iterator[str]:
    """The text of a script that runs `sorasync` and begins at once; see `tests.warm_program`."""
    from tests.warm_program import warm_program

    with warm_program() as script:
        yield script
