"""`python -m bench.jobs`: what it costs to follow thousands of renders at a host that lists none of them."""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.provider import child, each, host, requests
from bench.table import held, row

_LEAST_SECONDS = 5
_CONFIG = """\
[provider]
profile = "fal"
base_url = "{url}"
api_key_env = "OPENAI_API_KEY"
[provider.rate]
creates_per_minute = 1000000
in_flight = {in_flight}
[defaults]
model = "fal-ai/veo3/fast"
size = "1280x720"
seconds = 4
"""


def main() -> None:
    """Measure; the defaults take about two minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench.jobs")
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=12.0, help="simulated time of one render")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        used, asked = _applied(Path(directory) / "many", given.clips, given.in_flight, given.seconds)
        single, _ = _applied(Path(directory) / "one", 1, 1, given.seconds)
        followed, questions = _followed(Path(directory) / "followed", given.clips, given.seconds)
    bound = math.ceil(given.clips / given.in_flight) * given.seconds
    row("", "sorasync", "", "target")
    row("wall / lower bound", f"{used['wall'] / bound:.2f}", f"{bound:.0f} s")
    most = math.ceil(given.seconds / _LEAST_SECONDS) + 1
    looks = asked.get("get", 0) / given.clips
    row("questions for a render", f"{looks:.2f}", "", held(looks, most, f"{most}"))
    row("creates", f"{asked.get('create', 0)}", "", f"{given.clips}")
    row("CPU a clip, from plan to file", f"{each(used | {'start': single['cpu']}, given.clips):.1f} ms")
    follows = followed["cpu"] / given.clips * 1000
    row("CPU to follow a clip", f"{follows:.1f} ms", "", held(follows, 6, "6 ms"))
    row("with questions for each", f"{sum(questions.get(n, 0) for n in ('get', 'result')) / given.clips:.1f}")
    row("peak memory", f"{used['mib']:.0f} MiB")


@contextmanager
def _library(directory: Path, clips: int, in_flight: int, seconds: float) -> Iterator[tuple[Path, str]]:
    """A library of that many clips at a host without a list, and the host's address."""
    root = directory / "library"
    (root / "manifests").mkdir(parents=True)
    options = ("--dialect", "fal", "--seconds", str(seconds), "--in-flight", str(in_flight))
    with host("render", "--data", str(directory / "host"), *options) as url:
        address = url.removesuffix("/v1")
        (root / "sorasync.toml").write_text(_CONFIG.format(url=address, in_flight=in_flight))
        blocks = (
            f'[clips.shot-{n}]\nprompt = "Shot {n}: a red kite drifts over the harbour."\n'
            for n in range(clips)
        )
        (root / "manifests" / "clips.toml").write_text("\n".join(blocks))
        yield root, url


def _applied(
    directory: Path, clips: int, in_flight: int, seconds: float
) -> tuple[dict[str, float], Mapping[str, int]]:
    with _library(directory, clips, in_flight, seconds) as (root, url):
        used = child("apply", "--root", str(root), "--at-once", str(in_flight * 2))
        return used, requests(url)


def _followed(directory: Path, clips: int, seconds: float) -> tuple[dict[str, float], Mapping[str, int]]:
    """What it costs to follow them alone: all are in flight at once, and none is sent or fetched."""
    with _library(directory, 1, clips, seconds) as (root, url):
        used = child("follow", "--root", str(root), "--clips", str(clips))
        return used, requests(url)


if __name__ == "__main__":
    main()
