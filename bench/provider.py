"""`python -m bench.provider`: how fast renders get through, and what that costs, printed as a table."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.table import held, row

_CONFIG = """\
[provider]
profile = "openai"
base_url = "{url}"
[provider.rate]
creates_per_minute = 1000000
in_flight = {in_flight}
[provider.abilities]
variants = {variants}
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""


@contextmanager
def host(*arguments: str) -> Iterator[str]:
    """The address of a host in a process of its own."""
    command = [sys.executable, "-m", "bench.host", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.terminate()


def child(*arguments: str) -> dict[str, float]:
    """Run `bench.child`; what it measured."""
    environment = os.environ | {"OPENAI_API_KEY": "k"}
    command = [sys.executable, "-m", "bench.child", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def requests(url: str) -> Mapping[str, int]:
    """How often each route of a host was asked."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/preview/requests") as answer:
        found: dict[str, int] = json.load(answer)
    return found


def library(root: Path, url: str, clips: int, in_flight: int, pictures: bool) -> None:
    """A library of that many clips, none of them rendered."""
    (root / "manifests").mkdir(parents=True)
    variants = '["video", "thumbnail", "spritesheet"]' if pictures else '["video"]'
    (root / "sorasync.toml").write_text(_CONFIG.format(url=url, in_flight=in_flight, variants=variants))
    blocks = (
        f'[clips.shot-{n}]\nprompt = "Shot {n}: a red kite drifts over the harbour."\n' for n in range(clips)
    )
    (root / "manifests" / "clips.toml").write_text("\n".join(blocks))


def throughput(clips: int, in_flight: int, seconds: float) -> None:
    """Many renders under a cap: how far from the lower bound, with how many requests and how much CPU."""
    bound = math.ceil(clips / in_flight) * seconds
    row("", "sorasync", "plain script", "target")
    with tempfile.TemporaryDirectory() as directory:
        ours, asked = _apply(Path(directory) / "sorasync", clips, in_flight, seconds)
        plain, plain_asked = _script(Path(directory) / "script", clips, in_flight, seconds)
    row("lower bound", f"{bound:.0f} s", f"{bound:.0f} s")
    row("wall", f"{ours['wall']:.1f} s", f"{plain['wall']:.1f} s")
    ratio = ours["wall"] / bound
    row("wall / lower bound", f"{ratio:.3f}", f"{plain['wall'] / bound:.3f}", held(ratio, 1.03, "1.03"))
    following = sum(asked.get(name, 0) for name in ("get", "list"))
    plain_following = sum(plain_asked.get(name, 0) for name in ("get", "list"))
    row("requests to follow", f"{following}", f"{plain_following}")
    share = following / max(1, ours["gets_per_tick"])
    row("of one get per render and look", f"{share:.3f}", "1", held(share, 0.1, "0.100"))
    row("creates", f"{asked.get('create', 0)}", f"{plain_asked.get('create', 0)}", f"{clips}")
    own = each(ours, clips)
    row("CPU a clip", f"{own:.1f} ms", f"{each(plain, clips):.1f} ms", held(own, 3, "3 ms"))
    row("peak memory", f"{ours['mib']:.0f} MiB", f"{plain['mib']:.0f} MiB")
    row("requests a clip", f"{sum(asked.values()) / clips:.2f}", f"{sum(plain_asked.values()) / clips:.2f}")
    row("SQL statements a clip", f"{ours['statements'] / in_flight:.1f}")
    row("syncs a clip", f"{ours['syncs'] / in_flight:.1f}")


def each(used: Mapping[str, float], clips: int) -> float:
    """CPU time a clip, imports and start-up left out, in milliseconds."""
    return (used["cpu"] - used["start"]) / clips * 1000


def _apply(
    directory: Path, clips: int, in_flight: int, seconds: float
) -> tuple[dict[str, float], Mapping[str, int]]:
    with rendering(directory / "one", in_flight, seconds) as url:
        library(directory / "library", url, clips, in_flight, pictures=True)
        used = child("apply", "--root", str(directory / "library"), "--at-once", str(in_flight * 2))
        asked = requests(url)
        library(directory / "single", url, 1, in_flight, pictures=True)
        single = child("apply", "--root", str(directory / "single"), "--at-once", "1")
        # Not in the run that is measured: to count takes time.
        library(directory / "counted", url, in_flight, in_flight, pictures=True)
        counted = child("apply", "--root", str(directory / "counted"), "--at-once", str(in_flight), "--count")
        return used | {
            "start": single["cpu"],
            **{name: counted[name] for name in ("statements", "syncs")},
        }, asked


def _script(
    directory: Path, clips: int, in_flight: int, seconds: float
) -> tuple[dict[str, float], Mapping[str, int]]:
    out = directory / "out"
    out.mkdir(parents=True)
    with rendering(directory / "two", in_flight, seconds) as url:
        arguments = ("--url", url, "--clips", str(clips), "--at-once", str(in_flight), "--root", str(out))
        used, asked = child("script", *arguments), requests(url)
        single = child("script", "--url", url, "--clips", "1", "--root", str(out))
        return used | {"start": single["cpu"]}, asked


def rendering(data: Path, in_flight: int, seconds: float) -> AbstractContextManager[str]:
    """A host in a process of its own whose renders take that long, at most `in_flight` at a time."""
    return host("render", "--data", str(data), "--seconds", str(seconds), "--in-flight", str(in_flight))


def big_file(size: int) -> None:
    """One large asset: how much memory its download takes beyond that of a small one."""
    peaks = {}
    for length in (1 << 16, size):
        with tempfile.TemporaryDirectory() as directory, host("file", "--bytes", str(length)) as url:
            root = Path(directory) / "library"
            library(root, url, 1, 1, pictures=True)
            peaks[length] = child("apply", "--root", str(root), "--at-once", "1")
    grown = peaks[size]["mib"] - peaks[1 << 16]["mib"]
    row(f"download of {size / 1e9:.1f} GB", f"{peaks[size]['wall']:.1f} s")
    row("memory above a small one's", f"{grown:.0f} MiB", "", held(grown, 50, "50 MiB"))


def main() -> None:
    """Measure; the defaults take about five minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench.provider")
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0, help="simulated time of one render")
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    given = parser.parse_args()
    throughput(given.clips, given.in_flight, given.seconds)
    big_file(given.bytes)


if __name__ == "__main__":
    main()
