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

CLIENTS = (
    "fal-client==1.0.3",
    "replicate==1.0.7",
    "runwayml==5.24.0",
    "google-genai==3.6.1",
    "comfy-sdk==0.5.0",
    "lumaai==1.21.0",
)
KEY = "k-vendor"
# Each prints the address of the file, or the file itself as base64. `ADDRESS` is where the server is.
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
    "vertex": """
import base64, os, time
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
options = types.HttpOptions(base_url=os.environ["ADDRESS"].partition("/v1/")[0], api_version="v1")
made = genai.Client(
    vertexai=True,
    project="preview",
    location="us-central1",
    credentials=Credentials(os.environ["KEY"]),
    http_options=options,
)
wanted = types.GenerateVideosConfig(duration_seconds=4, aspect_ratio="16:9", resolution="720p")
job = made.models.generate_videos(model="veo-3.1-lite-generate-001", prompt="A pier.", config=wanted)
while not job.done:
    time.sleep(0.1)
    job = made.operations.get(job)
assert job.error is None, job.error
print("data:" + base64.b64encode(job.response.generated_videos[0].video.video_bytes).decode())
""",
    "comfy-api": """
import base64, os
os.environ["COMFY_BASE_URL"] = os.environ["ADDRESS"]
from comfy_sdk import Comfy
text = {"class_type": "CLIPTextEncode", "inputs": {"text": "A pier.", "clip": ["4", 0]}}
made = Comfy(api_key=os.environ["KEY"])
job = made.run(made.workflows.from_json({"6": text}))
assert job.status == "succeeded", job.status
job.outputs[0].to_file("made.mp4")
print("data:" + base64.b64encode(open("made.mp4", "rb").read()).decode())
""",
    "comfy-router": """
import os
os.environ["COMFY_ROUTER_BASE_URL"] = os.environ["ADDRESS"].removesuffix("/v2")
from comfy_sdk import Comfy
made = Comfy(api_key=os.environ["KEY"]).models
asked = {"input": {"prompt": "A pier."}, "parameters": {"resolution": "720P", "duration": 4}}
job = made.submit("wan/wan2.7-t2v", asked, idempotency_key="5f0c9e7e-2f1e-4b53-9c1e-0d4f8f7f0001")
again = made.submit("wan/wan2.7-t2v", asked, idempotency_key="5f0c9e7e-2f1e-4b53-9c1e-0d4f8f7f0001")
assert job.request_id == again.request_id
print(job.get()["output"]["video_url"])
""",
    "luma": """
import os, time
from lumaai import LumaAI
made = LumaAI(auth_token=os.environ["KEY"], base_url=os.environ["ADDRESS"])
asked = {"model": "ray-2", "aspect_ratio": "16:9", "resolution": "720p", "duration": "5s"}
job = made.generations.video.create(prompt="A pier.", **asked)
while job.state != "completed":
    assert job.state != "failed", job
    time.sleep(0.1)
    job = made.generations.get(job.id)
assert [one.id for one in made.generations.list(limit=10, offset=0).generations] == [job.id]
print(job.assets.video)
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
        fetch = "import sys, base64, urllib.request\nurl = sys.stdin.read().strip()\n"
        fetch += "held = url.startswith('data:') and base64.b64decode(url[5:])\n"
        fetch += "sys.stdout.buffer.write(held or urllib.request.urlopen(url).read())\n"
        told = subprocess.run(
            [str(python), "-c", SCRIPTS[family]],
            capture_output=True,
            env=environment,
            timeout=120,
            cwd=tmp_path,
        )
        assert told.returncode == 0, told.stderr.decode()
        file = subprocess.run(
            [str(python), "-c", fetch], input=told.stdout, capture_output=True, env=environment, timeout=60
        )
        assert file.stdout[4:8] == b"ftyp", file.stderr.decode()
        (charge,) = served.app.state.server.ledger.charges()
        assert charge.prompt_digest
