"""What the lock files of other git branches name: videos that are retired here and wanted there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_ASSET = re.compile(rb'"asset": ?"([0-9a-f]{64})"')
_SECONDS = 60


def named_on_branches(root: Path, lock_file: str) -> dict[str, str]:
    """The branch of each digest that the lock file of another branch names.

    This branch and its copies at remotes do not count: the working tree is newer. Nothing without git.
    """
    prefix = _git(root, "rev-parse", "--show-prefix")
    if prefix is None:
        return {}
    here = (_git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or b"").decode().strip()
    listed = _git(root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes") or b""
    branches = [name for name in listed.decode().split() if _branch(name) not in (here, "HEAD")]
    path = f"{prefix.decode().strip()}{lock_file}"
    wanted = "".join(f"{name}:{path}\n" for name in branches)
    answer = (_git(root, "cat-file", "--batch", given=wanted.encode()) or b"") if branches else b""
    found: dict[str, str] = {}
    at = 0
    for name in branches:
        head, _, rest = answer[at:].partition(b"\n")
        at = len(answer) - len(rest)
        fields = head.split()
        if len(fields) != 3 or not fields[2].isdigit():
            continue
        size = int(fields[2])
        for digest in _ASSET.findall(rest[:size]):
            found.setdefault(digest.decode(), _branch(name))
        at += size + 1
    return found


def _branch(name: str) -> str:
    """The branch of a reference: `refs/remotes/origin/act2` is `act2`."""
    kind, _, rest = name.removeprefix("refs/").partition("/")
    return rest.partition("/")[2] if kind == "remotes" else rest


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            input=given,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
