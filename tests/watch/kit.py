"""Watch mode driven from outside: in a terminal of its own, or through pipes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyte

# Only bounds how long a test hangs that has failed anyhow.
DEADLINE = 120.0
CONFIG = """\
[library]
name = "film"
[defaults]
model = "sora-2"
size = "1280x720"
seconds = 4
"""
REAL = """\
[provider]
profile = "openai"
base_url = "http://127.0.0.1:9/v1"
"""
_PROGRAM = [sys.executable, "-m", "sorasync", "watch"]


def surroundings() -> dict[str, str]:
    """The variables of every program that is started."""
    return os.environ | {"OPENAI_API_KEY": "sk-of-nobody"}


@dataclass
class Library:
    """A library on disk."""

    root: Path

    def write(self, name: str, text: str) -> None:
        """Write a file in place."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def save(self, name: str, text: str) -> None:
        """Write a file as editors do: another one beside it, renamed over it."""
        self.write(f"{name}~new", text)
        (self.root / f"{name}~new").replace(self.root / name)

    def read(self, name: str) -> str:
        """The text of a file."""
        return (self.root / name).read_text(encoding="utf-8")

    def git(self, *arguments: str) -> None:
        """Run git in the library."""
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@studio.example"]
        command = ["git", "-C", str(self.root), *who, *arguments]
        subprocess.run(command, check=True, capture_output=True)


def make(root: Path, manifest: str, config: str = CONFIG) -> Library:
    """A library of one manifest."""
    library = Library(root)
    library.write("sorasync.toml", config)
    library.write("manifests/a.toml", manifest)
    return library


def clip(name: str, prompt: str) -> str:
    """A clip's declaration."""
    return f'[clips.{name}]\nprompt = "{prompt}"\n'


@dataclass
class Screen:
    """Watch mode in a terminal that a program reads."""

    library: Library
    arguments: tuple[str, ...] = ()
    columns: int = 80
    lines: int = 24
    environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Screen:
        self._screen = pyte.Screen(self.columns, self.lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self._master, self._slave = pty.openpty()
        self._set_size()
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            self.command(),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            preexec_fn=_own_terminal,
            cwd=self.library.root,
            env=surroundings() | {"TERM": "xterm-256color"} | self.environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def command(self) -> list[str]:
        """What runs in the terminal."""
        return [*_PROGRAM, "--library", str(self.library.root), *self.arguments]

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def attributes(self) -> list[Any]:
        """The settings of the terminal."""
        return termios.tcgetattr(self._slave)

    @property
    def stopped(self) -> bool:
        """Whether the program is suspended."""
        found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
        return found is not None

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size."""
        self.columns, self.lines = columns, lines
        self._screen.resize(lines, columns)
        self._set_size()
        os.kill(self.process.pid, signal.SIGWINCH)

    def until(self, condition: str | Callable[[str], bool]) -> str:
        """Read until the screen holds a text or meets a condition; the screen then."""
        met = (lambda text: condition in text) if isinstance(condition, str) else condition
        end = time.monotonic() + DEADLINE
        while not met(self.text):
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{condition} never came; the screen:\n{self.text}")
        # A frame may come in pieces: take what belongs to it as well.
        text = self.text
        while select.select([self._master], [], [], 0)[0] and self._read() and met(self.text):
            text = self.text
        return text

    def end(self) -> int:
        """Read to the end of the program; its exit code."""
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text
            self._read()
        while select.select([self._master], [], [], 0)[0] and self._read():
            continue
        return self.process.returncode

    def _read(self) -> bool:
        if select.select([self._master], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):
                data = os.read(self._master, 65536)
                self.raw += data
                self._stream.feed(data)
        elif self.process.poll() is not None:
            return False
        return True

    def _set_size(self) -> None:
        size = struct.pack("HHHH", self.lines, self.columns, 0, 0)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, size)


def _own_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@dataclass
class Lines:
    """Watch mode for programs, through pipes."""

    library: Library
    arguments: tuple[str, ...] = ("--format", "json")

    def __enter__(self) -> Lines:
        self.process = subprocess.Popen(
            [*_PROGRAM, "--library", str(self.library.root), *self.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=surroundings(),
        )
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def say(self, line: str) -> None:
        """Write a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def next(self, event: str, met: Callable[[Any], bool] = lambda found: True) -> Any:
        """Read to the next event of that name that meets the condition."""
        end = time.monotonic() + DEADLINE
        while True:
            for number, found in enumerate(self.events):
                if found["event"] == event and met(found):
                    del self.events[: number + 1]
                    return found
            assert time.monotonic() < end, (event, self.events)
            self._read()

    def plan(self, *changes: str) -> Any:
        """Read to the plan with exactly those changes, each `action address`."""
        wanted = list(changes)
        return self.next("plan", lambda found: _changes(found) == wanted)["plan"]

    def end(self) -> int:
        """Close the input and wait; the exit code."""
        _, errors = self.process.communicate(timeout=DEADLINE)
        assert b"Traceback" not in errors, errors.decode()
        return self.process.returncode

    def _read(self) -> None:
        assert self.process.stdout is not None
        if select.select([self.process.stdout], [], [], 0.05)[0]:
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data or self.process.poll() is None, (self.process.stderr or sys.stdin).read()
            *whole, self._rest = (self._rest + data).split(b"\n")
            self.events += [json.loads(line) for line in whole]


def _changes(event: Any) -> list[str]:
    return [f"{change['action']} {change['address']}" for change in event["plan"]["changes"]]
