"""What kind of file system a state is on."""

from __future__ import annotations

import os
from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "glusterfs", "fuse.sshfs"}
    | {
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.gcsfuse",
        "fuse.davfs",
        "davfs",
        "beegfs",
        "virtiofs",
    }
)


def network_type(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """The type of the network file system that holds `path`; None for a local or unknown one.

    SQLite's write-ahead log needs memory shared between processes, which no network file system gives
    (https://sqlite.org/wal.html).
    """
    try:
        table = mounts.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    target = os.path.realpath(path)
    found, longest = None, -1
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if len(point) >= longest and (target == point or target.startswith(point.rstrip("/") + "/")):
            found, longest = fields[2], len(point)
    return found if found in _NETWORK else None
