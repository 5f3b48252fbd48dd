"""Runs GitHub workflows as a runner would: conditions, outputs, and each `run` block in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_TOKEN = re.compile(r"'[^']*'|&&|\|\||==|!=|!|[()]|[A-Za-z_][\w.-]*")
_WORDS = {"&&": "and", "||": "or", "!": "not"}


def loaded(path: Path) -> dict[str, Any]:
    """A YAML file; `on`, which YAML takes for a truth value, is left out."""
    data = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(data, dict)
    return data


def run_blocks(steps: list[dict[str, Any]]) -> list[str]:
    """The shell scripts of steps."""
    return [str(step["run"]) for step in steps if "run" in step]


@dataclass
class Runner:
    """A throw-away machine with a checkout; `cache` outlives it. `shims` stand first on PATH."""

    workspace: Path
    temp: Path
    shims: Path
    cache: Path
    github: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)
    # The name and the environment of each script that was run.
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    output: str = ""
    failed: bool = False

    def job(self, workflow: dict[str, Any], name: str, inputs: Mapping[str, str] | None = None) -> bool:
        """Run a job; whether it succeeded."""
        self.temp.mkdir(parents=True, exist_ok=True)
        self._steps(workflow["jobs"][name]["steps"], {"inputs": inputs or {}}, {})
        return not self.failed

    def _steps(self, steps: list[dict[str, Any]], context: dict[str, Any], env: dict[str, str]) -> Any:
        context = context | {"steps": {}, "github": self.github, "secrets": self.secrets}
        for step in steps:
            condition = str(step.get("if", "success()"))
            alone = "always()" not in condition and self.failed
            if alone or not self._value(condition, context):
                continue
            self._step(step, context, env)
        return context["steps"]

    def _step(self, step: dict[str, Any], context: dict[str, Any], env: dict[str, str]) -> None:
        own = env | {key: self._text(value, context) for key, value in step.get("env", {}).items()}
        if "run" in step:
            outputs = self._script(step, own)
            context["steps"][step.get("id", "")] = {"outputs": outputs}
        elif step["uses"].startswith("OWNER/sorasync@"):
            self._action(step, context, own)
        elif step["uses"].startswith("actions/cache/"):
            self._cached(step["with"]["path"].split(), save="/save@" in step["uses"])

    def _action(self, step: dict[str, Any], context: dict[str, Any], env: dict[str, str]) -> None:
        action = loaded(ROOT / "action.yml")
        inputs = {
            name: self._text(spec.get("default", ""), context) for name, spec in action["inputs"].items()
        }
        given = {name: self._text(value, context) for name, value in step.get("with", {}).items()}
        assert given.keys() <= inputs.keys()
        self._steps(action["runs"]["steps"], {"inputs": inputs | given}, env)

    def _script(self, step: dict[str, Any], env: dict[str, str]) -> dict[str, str]:
        output = self.temp / f"output-{len(self.seen)}"
        output.touch()
        self.seen.append((step.get("name", ""), env))
        whole = {
            "PATH": f"{self.shims}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REF": str(self.github.get("ref", "")),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            **env,
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(
            command, cwd=self.workspace, env=whole, capture_output=True, text=True, timeout=120, check=False
        )
        self.output += done.stdout + done.stderr
        self.failed = self.failed or done.returncode != 0
        pairs = (line.partition("=") for line in output.read_text().splitlines())
        return {name: value for name, _, value in pairs}

    def _cached(self, names: list[str], *, save: bool) -> None:
        for name in names:
            source, target = self.workspace / name, self.cache / name
            if not save:
                source, target = target, source
            if source.exists():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target, symlinks=True)

    def _text(self, value: object, context: Mapping[str, Any]) -> str:
        return _EXPRESSION.sub(lambda match: _shown(self._value(match[1], context)), str(value))

    def _value(self, expression: str, context: Mapping[str, Any]) -> object:
        """An expression's value, by the rules of GitHub as far as these files use them."""
        words = []
        for word in _TOKEN.findall(expression):
            if word in ("always", "success"):
                words.append("(lambda: True)")
            elif re.match(r"[A-Za-z_]", word):
                words.append(repr(_looked_up(word, context)))
            else:
                words.append(_WORDS.get(word, word))
        return eval(" ".join(words), {"__builtins__": {}})


def _looked_up(path: str, context: Mapping[str, Any]) -> object:
    value: Any = context
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
