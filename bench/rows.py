"""`python -m bench.rows`: a plan of ten thousand rows, and one after a row was changed."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.planner import measure, sorasync
from bench.table import held, row

_CONFIG = (
    '[provider]\nprofile = "fal"\n[defaults]\nmodel = "fal-ai/veo3/fast"\nsize = "1280x720"\nseconds = 8\n'
)
_CLIP = """\
[clips.ad]
prompt = "{{ name }} opens a red umbrella in {{ town }}."
[clips.ad.each]
csv = "people.csv"
key = "id"
"""


def main() -> None:
    """Measure; the defaults take about half a minute."""
    parser = argparse.ArgumentParser(prog="python -m bench.rows")
    parser.add_argument("--rows", type=int, default=10_000)
    rows = parser.parse_args().rows
    row("", "sorasync", "", "target")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "manifests").mkdir()
        (root / "sorasync.toml").write_text(_CONFIG)
        (root / "manifests" / "ads.toml").write_text(_CLIP)
        lines = [f"p{n},Person {n},Town {n % 97}" for n in range(rows)]
        (root / "manifests" / "people.csv").write_text("\n".join(["id,name,town", *lines]) + "\n")
        plan = sorasync("plan", "--offline")
        first = measure(["sh", "-c", f"rm -rf state/cache; {' '.join(plan)}"], cwd=root)
        row("first plan", f"{first.wall:.2f} s", f"CPU {first.cpu:.2f} s", held(first.wall, 1, "1 s"))
        row("peak memory", f"{first.memory:.0f} MiB", "", held(first.memory * 1.048576, 150, "150 MB"))
        again = measure(plan, cwd=root)
        row(
            "plan with nothing changed",
            f"{again.wall:.2f} s",
            f"CPU {again.cpu:.2f} s",
            held(again.wall, 1, "1 s"),
        )
        row("peak memory", f"{again.memory:.0f} MiB", "", held(again.memory * 1.048576, 150, "150 MB"))


if __name__ == "__main__":
    main()
