"""Identifies this process, and tells whether another one still runs."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process of some machine.

    `machine` tells apart machines and containers that share a host name; `started` tells apart processes
    that share a number: it holds the machine's boot and the time at which the process began.
    """

    user: str
    host: str
    machine: str
    pid: int
    started: str


def this_process() -> Process:
    """The current process."""
    pid = os.getpid()
    return Process(user_name(), socket.gethostname(), _machine(), pid, _started(pid) or "")


def is_dead(process: Process) -> bool:
    """Whether the process has certainly ended. False if unknown, as on another machine."""
    here = this_process()
    if (process.host, process.machine) != (here.host, here.machine) or not process.started:
        return False
    return _started(process.pid) != process.started


def user_name() -> str:
    """Who runs this; the number of a user that has no name, as in many containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def _machine() -> str:
    parts = [_read_proc_file("/etc/machine-id")]
    try:
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        parts.append("")
    return " ".join(part for part in parts if part)


def _started(pid: int) -> str | None:
    """When the process began, as text that only equals itself; None if there is no such process."""
    if sys.platform == "win32":
        return ""
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    stat = _read_proc_file(f"/proc/{pid}/stat")
    if not stat:
        return None
    state, ticks = _after_name(stat)
    return None if state in "ZX" else f"{_read_proc_file('/proc/sys/kernel/random/boot_id')} {ticks}"


def _after_name(stat: str) -> tuple[str, str]:
    """State and start time; the name before them, in brackets, may hold anything."""
    fields = stat[stat.rindex(")") + 2 :].split()
    return fields[0], fields[19]


def _started_by_ps(pid: int) -> str | None:
    try:
        done = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() or None


def _read_proc_file(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace").strip()
    except OSError:
        return ""
