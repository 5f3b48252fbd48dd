"""The hosts' own clients drive the preview server from create to file: judges that did not come from here.

They are installed into the user's cache when first used.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from sorasync.cli.app.job_host_table import TRIED_WITH
from sorasync.preview.faults.rule import FaultPlan, FaultRule
from sorasync.preview.serve import running
from sorasync.preview.settings import PreviewSettings
from tests.cli.kit import make

CLIENTS = (
    "fal-client==1.0.3",
    "replicate==1.0.7",
    "runwayml==5.24.0",
    "google-genai==3.6.1",
    "comfy-sdk==0.5.0",
    "comfy-api-proxy==0.1.6",
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


def test_the_table_of_hosts_names_the_clients_that_are_tried_here() -> None:
    told = {family: set(words.split(", ")) for family, words in TRIED_WITH.items()}
    assert told.keys() == SCRIPTS.keys()
    tried = {client.replace("==", " ") for client in CLIENTS}
    assert set.union(*told.values()) <= tried


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


BOUND = """\
workflow = "wan.api.json"
[defaults.bind]
prompt = "6.text"
seed = "3.seed"
frames = "40.length"
fps = 16
"""
GRAPH = """{
  "3": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0]}},
  "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
  "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}}
}
"""


@contextmanager
def proxied(comfyui: str, directory: Path) -> Iterator[str]:
    """The address of comfy-api-proxy before a ComfyUI."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = interpreter().with_name("comfy-api-proxy")
    command = [str(program), "run", "--comfyui", comfyui, "--port", str(port), "--state-dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            said = iter(process.stdout.readline, "")
            assert any("Running on" in line for line in said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.heavy
def test_comfy_api_proxy_serves_sorasync(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy that others wrote, with the preview server in ComfyUI's place behind it."""
    film = make(tmp_path / "film", capsys, '[clips.kite]\nprompt = "A kite."\ntakes = 2\n')
    film.write("wan.api.json", GRAPH)
    with running(PreviewSettings(tmp_path / "host", draw=False, dialect="comfyui")) as comfyui:
        inside = comfyui.app.state.server
        with proxied(comfyui.url, tmp_path / "proxy") as address:
            film.write(
                "sorasync.toml",
                f'[provider]\nprofile = "comfy-api"\nbase_url = "{address}"\n'
                'get = { least_seconds = 0.5 }\n[prices."*"]\n"*" = 0.1\n'
                f'[defaults]\nsize = "1280x720"\nseconds = 4\n{BOUND}',
            )
            assert film.run("apply", "--yes", "--quiet").code == 0
            assert film.run("plan", "--detailed-exitcode").code == 0
            assert (film.root / "assets" / "kite.mp4").exists()
            assert len(inside.ledger.charges()) == 2
            # The proxy takes a job whose answer it has lost for none, and refuses its key from then on.
            film.write("manifests/a.toml", '[clips.boat]\nprompt = "A boat."\n')
            inside.faults.set(FaultPlan(rules=[FaultRule(do="cut_after", route="create", count=1)]))
            for _ in range(3):
                film.run("apply", "--yes", "--quiet")
            assert len(inside.ledger.charges()) == 3
            assert "clip.boat" in film.run("resolve").out
