"""A LiteLLM proxy in front of a preview server; it is installed into the user's cache when first used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY = "sk-proxy-test"
UPSTREAM_KEY = "sk-upstream"
_INSTALL_SECONDS, _START_SECONDS = 900, 120
_CONFIG = """\
model_list:
  - model_name: sora-2
    litellm_params: {{model: openai/sora-2, api_base: "{upstream}", api_key: {key}}}
litellm_settings: {{telemetry: false, num_retries: 0}}
general_settings:
  master_key: {master}
"""


class NotInstalled(Exception):
    """LiteLLM cannot be had here; the reason is the text."""


def command() -> Path:
    """The proxy's command. Raises `NotInstalled`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "sorasync" / "litellm"
    found = home / "bin" / "litellm"
    if found.exists():
        return found
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", str(home)], check=True, capture_output=True, timeout=120
        )
        install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "litellm[proxy]"]
        subprocess.run(install, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotInstalled(f"litellm[proxy] cannot be installed: {type(error).__name__}") from error
    return found


@contextmanager
def proxy(upstream: str, directory: Path) -> Iterator[str]:
    """The base address of a proxy in front of `upstream`, for the time of a `with` block."""
    config, log = directory / "config.yaml", directory / "proxy.log"
    config.write_text(_CONFIG.format(upstream=upstream, key=UPSTREAM_KEY, master=KEY))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONUNBUFFERED": "1"}
    arguments = [str(command()), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=directory
    )
    listening = threading.Event()
    reader = threading.Thread(target=_copy, args=(server, log, listening), daemon=True)
    reader.start()
    try:
        listening.wait(_START_SECONDS)
        assert server.poll() is None and listening.is_set(), f"no start:\n{log.read_text()[-2000:]}"
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        try:
            server.wait(timeout=120)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        reader.join(timeout=120)


def _copy(server: subprocess.Popen[bytes], log: Path, listening: threading.Event) -> None:
    """Write what the proxy says to a file; tell when it listens, or when it ended without."""
    assert server.stdout is not None
    with log.open("wb", buffering=0) as output, server.stdout as said:
        for line in said:
            output.write(line)
            if b"Uvicorn running on" in line:
                listening.set()
    listening.set()
