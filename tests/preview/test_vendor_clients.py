"""The hosts' own clients drive the preview server from create to file: judges that did not come from here.

They are installed into the user's cache when first used.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings

CLIENTS = ("fal-client==1.0.3", "replicate==1.0.7", "runwayml==5.24.0")
KEY = "k-vendor"
# Each prints the address of the file; `ADDRESS` is where the server is, `KEY` its key.
SCRIPTS = {
    "fal": """
import os
from fal_client import client as module
module.QUEUE_URL_FORMAT = os.environ["ADDRESS"] + "/"
made = module.SyncClient(key=os.environ["KEY"])
handle = made.submit("fal-ai/veo3/fast", {"prompt": "A pier.", "duration": "4s"})
for _ in handle.iter_events(interval=0.1):
    pass
print(handle.get()["video"]["url"])
""",
    "replicate": """
import os, replicate
made = replicate.Client(api_token=os.environ["KEY"], base_url=os.environ["ADDRESS"].removesuffix("/v1"))
job = made.models.predictions.create(("google", "veo-3-fast"), input={"prompt": "A pier.", "duration": 4})
job.wait()
assert job.status == "succeeded", job.error
assert job.id in [one.id for one in made.predictions.list().results]
print(job.output)
""",
    "runway": """
import os
from runwayml import RunwayML
made = RunwayML(api_key=os.environ["KEY"], base_url=os.environ["ADDRESS"].removesuffix("/v1"))
job = made.text_to_video.create(model="gen4.5", prompt_text="A pier.", ratio="1280:720", duration=5)
task = job.wait_for_task_output(timeout=60)
assert task.status == "SUCCEEDED" and task.cost.credits == 50, task
print(task.output[0])
""",
}


@cache
def interpreter() -> Path:
    """A Python with the clients. Skips the test where they cannot be had."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cached / "sorasync" / "vendor-clients"
    found = home / "bin" / "python"
    try:
        if not found.exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
        install = [str(found), "-m", "pip", "install", "--quiet", *CLIENTS]
        subprocess.run(install, check=True, capture_output=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"the hosts' clients cannot be installed: {type(error).__name__}")
    return found


@pytest.mark.heavy
@pytest.mark.parametrize("family", SCRIPTS)
def test_a_host_s_own_client_renders_and_fetches(family: str, tmp_path: Path) -> None:
    python = interpreter()
    settings = PreviewSettings(tmp_path / "host", draw=False, dialect=family, api_key=KEY)
    with running(settings) as served:
        environment = {"ADDRESS": served.url, "KEY": KEY, "PATH": os.environ["PATH"], "NO_PROXY": "*"}
        fetch = "import sys, urllib.request\nurl = sys.stdin.read().strip()\n"
        fetch += "sys.stdout.buffer.write(urllib.request.urlopen(url).read())\n"
        told = subprocess.run(
            [str(python), "-c", SCRIPTS[family]], capture_output=True, env=environment, timeout=120
        )
        assert told.returncode == 0, told.stderr.decode()
        file = subprocess.run(
            [str(python), "-c", fetch], input=told.stdout, capture_output=True, env=environment, timeout=60
        )
        assert file.stdout[4:8] == b"ftyp", file.stderr.decode()
        (charge,) = served.app.state.server.ledger.charges()
        assert charge.prompt_digest
