"""A PostgreSQL server of the tests' own: on a free port of 127.0.0.1, without waiting for the disk."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# Set where the server must be there, as in continuous integration.
REQUIRED = "SORASYNC_TESTS_POSTGRES"

# A user who needs a password; everybody else is trusted.
GUARDED, PASSWORD = "guarded", "open sesame"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "80",
    "lc_messages": "C",
    "autovacuum": "off",
}
_HBA = f"host all {GUARDED} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, and where its programs and files are."""

    programs: Path
    directory: Path
    port: int
    # Settings besides those that all servers have.
    settings: Mapping[str, str] = field(default_factory=dict)

    def url(self, schema: str, *, user: str = "postgres", database: str = "postgres", port: int = 0) -> str:
        """The URL of a state in that schema."""
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}?schema={schema}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = " ".join(
            f"-c {name}='{value}'" for name, value in (_SETTINGS | dict(self.settings)).items()
        )
        self._control("start", "-w", "-l", str(self.directory / "log"), "-o", f"-p {self.port} {options}")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` is as if it had crashed."""
        self._control("stop", "-w", "-m", mode)

    def _control(self, *arguments: str) -> None:
        run(self.programs / "pg_ctl", "-D", str(self.directory / "data"), *arguments)

    def run_sql(self, statement: str, *, database: str = "postgres") -> None:
        """Run statements as the server's owner."""
        import psycopg

        address = self.url("", database=database).partition("?")[0]
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_server(**settings: str) -> Iterator[PostgresServer]:
    """A server with these settings for the time of a `with` block; skips the test where there is none."""
    programs = _programs()
    if programs is None:
        if os.environ.get(REQUIRED):
            pytest.fail("PostgreSQL is required here, and there is no initdb")
        pytest.skip("PostgreSQL is not installed")
    directory = Path(tempfile.mkdtemp(prefix="sorasync-postgres-"))
    try:
        if (user := _user()) is not None:
            shutil.chown(directory, user)
        server = PostgresServer(programs, directory, _free_port(), settings)
        data = directory / "data"
        run(
            programs / "initdb",
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        )
        (data / "pg_hba.conf").write_text(_HBA)
        server.start()
        try:
            server.run_sql(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(program: Path, *arguments: str) -> None:
    """Run a program of PostgreSQL, which refuses to be run by root."""
    done = subprocess.run(
        [program, *arguments],
        user=_user(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{program.name} {arguments}: {done.stderr}"


def _user() -> str | None:
    """Who runs the server: another user where this one is root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _programs() -> Path | None:
    """The directory of PostgreSQL's programs: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
