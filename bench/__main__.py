"""`python -m bench [NAME …]`: every benchmark, or those named, each with a table of its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

TABLES = {
    "planner": "start-up, validate and plan",
    "watch": "from a save to the new plan",
    "provider": "a thousand renders through a host, beside a plain script; a download of 1 GB",
    "jobs": "thousands of renders at a host that lists none of them",
    "rows": "ten thousand rows of a table, planned",
    "batch": "thousands of creates by batch",
    "team": "a state in PostgreSQL, near and away; four runners; a large plan; 1 GB into a bucket",
    "review": "takes that play in step, and a large library that scrolls, in Chromium",
    "checks": "how fast finished videos are checked, and how often each check is right",
}


def main() -> int:
    """Run them; the exit code is 1 where one could not be run. All of them take about half an hour."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TABLES))
    names = parser.parse_args().names or list(TABLES)
    if unknown := [name for name in names if name not in TABLES]:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(TABLES)}")
    codes = [_table(name) for name in names]
    return 1 if any(codes) else 0


def _table(name: str) -> int:
    began = time.monotonic()
    sys.stdout.write(f"\n{name}: {TABLES[name]}\n\n")
    sys.stdout.flush()
    code = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
    sys.stdout.write(f"({time.monotonic() - began:.0f} s)\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
