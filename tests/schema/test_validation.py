"""A validator that is not ours accepts every good file and refuses every fault that a schema can say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from bench.generate import write_library
from sorasync.manifest.shipped import schema_text
from sorasync.toml.parse import TomlError, parse
from tests.manifest.test_robust import GOOD

REPOSITORY = Path(__file__).resolve().parents[2]
BROKEN = REPOSITORY / "tests" / "manifest" / "broken"
MANIFEST = Draft7Validator(json.loads(schema_text("manifest")))
CONFIG = Draft7Validator(json.loads(schema_text("config")))

OTHER_PLACES = "it depends on other tables or files"
ON_DISK = "it depends on what is on the disk"
VARIABLES = "it depends on the values of variables"
# Broken libraries that the schema lets through, and why it must.
BEYOND_THE_SCHEMA = {
    "config-manifests-missing": ON_DISK,
    "config-variable-undefined": VARIABLES,
    "duplicate-character-across-files": OTHER_PLACES,
    "duplicate-clip-across-files": OTHER_PLACES,
    "from-cycle": OTHER_PLACES,
    "from-itself": OTHER_PLACES,
    "from-matrix-without-instance": OTHER_PLACES,
    "from-undeclared": OTHER_PLACES,
    "image-missing-directory": ON_DISK,
    "matrix-differs-in-case": "keys are compared without case",
    "matrix-too-large": "it is the product of several lengths",
    "names-differ-in-case": "keys are compared without case",
    "params-beyond-json": "dates are texts to JSON, and depth has no keyword",
    "params-not-finite": "JSON has no such number",
    "pick-given-twice": OTHER_PLACES,
    "pick-out-of-range": "two numbers are compared",
    "picks-undeclared": OTHER_PLACES,
    "prompt-file-missing": ON_DISK,
    "prompt-file-not-utf8": ON_DISK,
    "still-not-declared": OTHER_PLACES,
    "seconds-as-float": "8.0 is a whole number to JSON Schema",
    "variable-array-in-text": VARIABLES,
    "variable-holds-placeholder": VARIABLES,
    "variable-malformed": "it takes a look-ahead, which not every validator has",
    "variable-of-wrong-type": VARIABLES,
    "variable-undefined": VARIABLES,
    "variable-undefined-in-long-prompt": VARIABLES,
    "variable-undefined-in-prompt-file": VARIABLES,
    "video-is-directory": ON_DISK,
    "workflow-of-the-editor": ON_DISK,
}

CASES = sorted(path.name for path in BROKEN.iterdir() if path.is_dir())


def as_json(value: Any) -> Any:
    """A TOML value as an editor's validator sees it: dates are texts."""
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool) else str(value)


def faults(validator: Draft7Validator, text: str) -> list[str]:
    """What the validator says of a TOML text, each with its place."""
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator.iter_errors(as_json(parse(text)))
    ]


def refused(case: str) -> bool:
    """Whether some file of a broken library is refused, be it as TOML or by its schema."""
    for path in sorted((BROKEN / case).rglob("*.toml")):
        validator = CONFIG if path.name == "sorasync.toml" else MANIFEST
        try:
            if faults(validator, path.read_text(encoding="utf-8")):
                return True
        except (TomlError, UnicodeDecodeError):
            return True
    return False


@pytest.mark.parametrize("name", ["manifest", "config"])
def test_the_schema_is_a_schema(name: str) -> None:
    Draft7Validator.check_schema(json.loads(schema_text("manifest" if name == "manifest" else "config")))


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "manifests").glob("*.toml")), ids=lambda path: path.name
)
def test_the_example_library_is_accepted(path: Path) -> None:
    assert faults(MANIFEST, path.read_text(encoding="utf-8")) == []


def test_the_example_configuration_and_a_whole_manifest_are_accepted() -> None:
    assert faults(CONFIG, (REPOSITORY / "sorasync.toml").read_text(encoding="utf-8")) == []
    assert faults(MANIFEST, GOOD) == []


def test_a_generated_library_is_accepted(tmp_path: Path) -> None:
    write_library(tmp_path, 30)
    assert faults(CONFIG, (tmp_path / "sorasync.toml").read_text()) == []
    assert [faults(MANIFEST, path.read_text()) for path in tmp_path.glob("manifests/*.toml")] == [[]]


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_refused_unless_no_schema_can_say_it(case: str) -> None:
    assert refused(case) is (case not in BEYOND_THE_SCHEMA)


def test_what_is_let_through_is_a_case() -> None:
    assert set(BEYOND_THE_SCHEMA) <= set(CASES)


LOOSE = {
    "a size of two placeholders": '[clips.a]\nprompt = "x"\nsize = "{{ w }}x{{ h }}"\n',
    "an array of a variable": '[clips.a]\nprompt = "x"\ncharacters = "{{ cast }}"\n',
    "a matrix of a variable": '[clips.a]\nprompt = "x"\nmatrix = { a = "{{ values }}" }\n',
    "a long text with placeholders": f'[clips.a]\nprompt = "{{{{ x }}}}{"y" * 32_000}"\n',
    "keys to be ignored everywhere": (
        'x-a = 1\n[x-b]\nc = 2\n[clips.a]\nprompt = "x"\nx-c = { d = 1 }\n[defaults]\nx-d = []\n'
    ),
    "a storyboard with a style": '[clips.a]\nstyle = "x"\nshots = [{ action = "one" }]\n',
}
WRONG = {
    "a prompt and a storyboard": '[clips.a]\nprompt = "x"\nscene = "y"\n',
    "a branch with a model": '[clips.a]\nfrom = "b"\nmodel = "m"\nsteps = [{ edit = "x" }]\n',
    "a branch with empty steps": '[clips.a]\nfrom = "b"\nsteps = []\n',
    "a step of two kinds": '[clips.a]\nprompt = "x"\nsteps = [{ edit = "x", extend = "y" }]\n',
    "an edit with seconds": '[clips.a]\nprompt = "x"\nsteps = [{ edit = "x", seconds = 4 }]\n',
    "an empty shot": "[clips.a]\nshots = [{}]\n",
    "a style alone": '[clips.a]\nstyle = "x"\n',
    "a number in quotes": '[clips.a]\nprompt = "x"\nseconds = "8"\n',
    "an address as an image": '[clips.a]\nprompt = "x"\nimage = "https://x.example/a.png"\n',
}


@pytest.mark.parametrize("case", LOOSE)
def test_what_a_load_may_accept_is_not_refused(case: str) -> None:
    assert faults(MANIFEST, LOOSE[case]) == []


@pytest.mark.parametrize("case", WRONG)
def test_a_rule_between_keys_is_known_to_the_schema(case: str) -> None:
    assert faults(MANIFEST, WRONG[case]) != []


def test_a_key_in_the_configuration_is_a_fault_and_a_change_to_the_profile_is_none() -> None:
    for key in ("api_key", "API-KEY", "token", "password"):
        assert faults(CONFIG, f'[provider]\n{key} = "x"\n') != []
    assert faults(CONFIG, '[provider]\nprofile = "openai"\n[provider.rate]\nin_flight = 2\n') == []


def test_environments_are_checked_like_the_rest() -> None:
    assert faults(CONFIG, "[env.live.budget]\nper_day = 5.0\n") == []
    assert faults(CONFIG, "[env.live.budget]\nper_year = 5.0\n") != []
    assert faults(CONFIG, '[defaults]\nseconds = "{{ s }}"\n') == []
