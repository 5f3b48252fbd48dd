"""A library of a provider that bills, a key that must be seen nowhere, and every way of looking."""

from __future__ import annotations

import asyncio
import sys
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sorasync.cli.main import run
from sorasync.clock import SystemClock
from tests.ci import paid

KEY = "sk-canary/7Xq+9Zt=Wv3"
VARIABLE = "STUDIO_KEY"

PROFILE = (
    paid.PROFILE
    + f"""\
[auth]
header = "bearer"
env = "{VARIABLE}"
required = true
"""
)

CONFIG = paid.CONFIG + "[apply]\nattempts = 1\n"

ONE = '[clips.pier]\nprompt = "A pier at dawn."\n'

LOOKS: tuple[tuple[str, ...], ...] = (
    ("plan", "--offline"),
    ("plan", "--refresh"),
    ("plan", "--offline", "--full"),
    ("status",),
    ("show", "clip.pier"),
    ("why", "clip.pier"),
    ("history",),
    ("history", "show", "1"),
    ("log", "clip.pier"),
    ("cost", "--by", "clip"),
    ("drift", "--verbose"),
    ("resolve",),
    ("gc",),
    ("state", "list"),
    ("state", "check"),
    ("graph",),
    ("profiles",),
    ("find", "pier"),
    ("doctor",),
    ("retry", "--blocked", "--failed"),
)
FEW = (("plan", "--offline"), ("log", "clip.pier"), ("show", "clip.pier"), ("state", "list"))
MARKDOWN = (
    ("plan", "--offline", "--format", "github"),
    ("plan", "--refresh", "--format", "markdown"),
)


@dataclass
class Victim:
    """The library at `root`, and everything that its commands have printed."""

    root: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    printed: list[str] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the library."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def run(self, *args: str) -> int:
        """Run a command; its exit code. What it prints is kept."""
        self.patch.setattr(sys, "argv", ["sorasync", *args])
        self.capture.readouterr()
        code = run([*args, "--library", str(self.root)])
        shown = self.capture.readouterr()
        self.printed += [shown.out, shown.err]
        return code

    def last(self) -> str:
        """What the last command printed."""
        return "".join(self.printed[-2:])

    def look_everywhere(self, looks: tuple[tuple[str, ...], ...] = LOOKS) -> None:
        """Let every command that shows something show it, in every form."""
        for look in looks:
            self.run(*look)
            self.run(*look, "--format", "json")
        for look in MARKDOWN if looks is LOOKS else MARKDOWN[:1]:
            self.run(*look)

    def leaks(self, secret: str = KEY) -> list[str]:
        """Where the secret stands: files of the library byte by byte, and what was printed."""
        found = [
            str(path.relative_to(self.root))
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and secret.encode() in path.read_bytes()
        ]
        return found + [text for text in self.printed if secret in text]

    def controls(self) -> set[str]:
        """The characters that a terminal would act on, or show in another order, in what was printed."""
        return {
            c
            for c in "".join(self.printed)
            if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        }


def make(
    root: Path, url: str, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch, manifest: str = ONE
) -> Victim:
    """A library of one clip for the provider at `url`, the key in the environment."""
    patch.setenv(VARIABLE, KEY)
    hurry(patch)
    victim = Victim(root, capture, patch)
    victim.write("sorasync.toml", CONFIG.format(url=url))
    victim.write("studio.toml", PROFILE)
    victim.write("manifests/clips.toml", manifest)
    return victim


_FASTER = 1000.0


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Let time run a thousand times faster: what waits longest still ends last."""
    begun, at = time.monotonic(), time.time()
    pause = asyncio.sleep

    async def sleep(self: SystemClock, seconds: float) -> None:
        await pause(max(0.0, seconds) / _FASTER)

    patch.setattr(SystemClock, "sleep", sleep)
    patch.setattr(SystemClock, "monotonic", lambda self: begun + (time.monotonic() - begun) * _FASTER)
    patch.setattr(SystemClock, "now", lambda self: at + (time.monotonic() - begun) * _FASTER)


def everything_below(path: Path) -> set[str]:
    """Every file and directory below a directory."""
    return {str(entry.relative_to(path)) for entry in path.rglob("*")}
