"""An S3 server of the tests' own: moto, on a free port of 127.0.0.1, in a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Moto checks no signatures, but obstore does not sign without these.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-only"}
_SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request"}
_RUNNING = re.compile(rb"Running on http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class MotoServer:
    """A running server."""

    port: int

    def url(self, bucket: str, prefix: str = "", port: int = 0) -> str:
        """The `[assets] url` of a bucket, which is created."""
        self.request("PUT", f"/{bucket}")
        tail = f"/{prefix}" if prefix else ""
        endpoint = f"http://127.0.0.1:{port or self.port}"
        return f"s3://{bucket}{tail}?region=us-east-1&endpoint={endpoint}"

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Ask the server past the program; the body of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, _SIGNED)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running_moto() -> Iterator[MotoServer]:
    """A server for the time of a `with` block."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    # Moto warns of what its own libraries do.
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    assert process.stdout is not None
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        told = (_RUNNING.search(line) for line in process.stdout)
        port = next((int(found[1]) for found in told if found), None)
        assert port is not None, "moto ended at once"
        # It writes a line for each request, and would wait for somebody who reads them.
        reader.start()
        yield MotoServer(port)
    finally:
        process.kill()
        process.wait()
        if reader.ident is not None:
            reader.join()
        process.stdout.close()
