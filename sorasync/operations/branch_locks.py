"""What the lock files of other git branches name: videos that are retired here and wanted there."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_ASSET = re.compile(rb'"asset": ?"([0-9a-f]{64})"')
_REMOTE_ID = re.compile(rb'"remote_id": ?("(?:[^"\\]|\\.)*")')
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class NamedOnBranches:
    """What the lock files of other branches name: the branch of each digest, and the renders.

    A render is a digest with the provider's id, None where a line has no id.
    """

    videos: dict[str, str] = field(default_factory=dict)
    renders: set[tuple[str, str | None]] = field(default_factory=set)

    def name(self, sha256: str, remote_id: str | None) -> bool:
        """Whether that render is named, and not only another one with the same video."""
        return not self.renders.isdisjoint(((sha256, remote_id), (sha256, None)))


def named_on_branches(root: Path, lock_file: str) -> NamedOnBranches:
    """What the lock file of another branch names.

    This branch and its copies at remotes do not count: the working tree is newer. Nothing without git.
    """
    prefix = _git(root, "rev-parse", "--show-prefix")
    if prefix is None:
        return NamedOnBranches()
    here = (_git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or b"").decode().strip()
    listed = _git(root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes") or b""
    branches = [name for name in listed.decode().split() if _branch(name) not in (here, "HEAD")]
    path = f"{prefix.decode().strip()}{lock_file}"
    wanted = "".join(f"{name}:{path}\n" for name in branches)
    answer = (_git(root, "cat-file", "--batch", given=wanted.encode()) or b"") if branches else b""
    found = NamedOnBranches()
    at = 0
    for name in branches:
        head, _, rest = answer[at:].partition(b"\n")
        at = len(answer) - len(rest)
        fields = head.split()
        if len(fields) != 3 or not fields[2].isdigit():
            continue
        size = int(fields[2])
        for line in rest[:size].splitlines():
            if (asset := _ASSET.search(line)) is not None:
                digest, remote_id = asset[1].decode(), _REMOTE_ID.search(line)
                found.videos.setdefault(digest, _branch(name))
                found.renders.add((digest, None if remote_id is None else _text(remote_id[1])))
        at += size + 1
    return found


def _text(written: bytes) -> str | None:
    """A string of JSON; None for one that is damaged, which then stands for any."""
    try:
        return str(json.loads(written))
    except ValueError:
        return None


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
