"""Whatever a file holds, a load gives a library or a `ManifestError`; and order decides nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import rtoml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sorasync.manifest.config import Config, load_config
from sorasync.manifest.declare import declare
from sorasync.manifest.diagnostic import ManifestError
from sorasync.manifest.files import LibraryFiles
from sorasync.manifest.library import Library
from sorasync.manifest.load import load
from sorasync.toml.parse import TomlError, parse
from tests.manifest.libraries import write

GOOD = """\
[defaults]
model = "sora-2"
seconds = 8
[vars]
city = "Lisbon"
[clips.market]
prompt = "A market in {{ city }} — at dusk."
takes = 3
pick = 2
tags = ["a", "b"]
params = { seed = 1 }
[[clips.market.steps]]
extend = "Continue."
seconds = 8
[[clips.market.steps]]
edit = "Teal."
[clips.night]
from = "market"
steps = [{ edit = "Night." }]
[clips.kitchen]
style = "16mm"
scene = '''
A kitchen.
'''
[[clips.kitchen.shots]]
camera = "wide"
palette = ["amber", "cream"]
dialogue = [{ speaker = "Chef", line = "Now." }]
[clips.promo]
prompt = "A {{ mood }} street."
matrix = { mood = ["rainy", "sunny"], city = ["Lisbon"] }
[picks]
"promo[city=Lisbon,mood=rainy]" = 1
"""
BITS = [
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "=",
    "\n",
    "{{",
    "}}",
    "{{ x }}",
    "#",
    ".",
    ",",
    "0",
    "é",
    "\\",
    "[[",
    "nan",
]
ONE_DIRECTORY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = (
    st.none().map(lambda _: 1)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=8)
)
WORDS = [
    "prompt",
    "from",
    "steps",
    "shots",
    "matrix",
    "x-a",
    "seconds",
    "extend",
    "edit",
    "a",
    "dialogue",
    "{{ v }}",
]
ANYTHING = st.recursive(
    SCALARS | st.sampled_from(["{{ v }}", "{{ none }}", "a[b=c]", "../x", "market"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


def outcome(root: Path, text: str | bytes) -> Library | ManifestError:
    """What a library of that one manifest gives."""
    write(root, {"manifests/a.toml": text})
    try:
        return load(root, load_config(root))
    except ManifestError as error:
        for found in error.diagnostics:
            assert found.position is not None
            assert found.position.line >= 1
            assert found.position.end_column >= found.position.column >= 1
        return error


@ONE_DIRECTORY
@given(st.binary(max_size=80) | st.text(max_size=80) | st.lists(st.sampled_from(BITS)).map("".join))
def test_garbage_never_gives_anything_but_a_manifest_error(tmp_path: Path, data: str | bytes) -> None:
    outcome(tmp_path, data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))


@ONE_DIRECTORY
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(["", *BITS])), min_size=1, max_size=4
    )
)
def test_a_damaged_manifest_never_gives_anything_but_a_manifest_error(
    tmp_path: Path, damages: list[tuple[float, int, str]]
) -> None:
    text = GOOD
    for where, length, instead in damages:
        at = int(where * len(text))
        text = text[:at] + instead + text[at + length :]
    outcome(tmp_path, text)


@ONE_DIRECTORY
@given(
    st.dictionaries(
        st.sampled_from(["defaults", "vars", "characters", "clips", "picks", "x"]), ANYTHING, max_size=4
    ),
    st.dictionaries(st.sampled_from(["a", "market"]), ANYTHING, max_size=2),
)
def test_values_of_any_shape_never_give_anything_but_faults(
    tmp_path: Path, top: dict[str, Any], clips: dict[str, Any]
) -> None:
    declared = declare("a.toml", top | {"clips": clips}, {"v": 1}, LibraryFiles(tmp_path))
    for fault in declared.faults:
        assert fault.message


@ONE_DIRECTORY
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        assert isinstance(parse(text), dict)
    except TomlError as error:
        assert error.faults


@ONE_DIRECTORY
@given(ANYTHING)
def test_a_configuration_of_any_shape_is_read_or_refused(tmp_path: Path, value: Any) -> None:
    tables = {"provider": value, "env": {"live": value}, "budget": value, "vars": value, "library": value}
    for name, table in tables.items():
        write(tmp_path, {"sorasync.toml": rtoml.dumps({name: table})})
        try:
            assert isinstance(load_config(tmp_path), Config)
        except ManifestError as error:
            assert error.diagnostics


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same tables with their keys in another order; arrays keep theirs."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(inner, chance) for inner in value] if isinstance(value, list) else value


def meaning(root: Path) -> dict[str, object]:
    """The clips and characters of a library, without where they stand."""
    library = load(root, load_config(root))
    return {"clips": list(library.clips.items()), "characters": list(library.characters.items())}


@pytest.mark.parametrize("seed", range(12))
def test_order_of_keys_tables_and_files_changes_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    whole = rtoml.loads(GOOD)
    one = write(tmp_path / "one", {"manifests/a.toml": GOOD})
    files: dict[str, dict[str, Any]] = {name: {} for name in ("x.toml", "a.toml", "sub/b.toml")}
    for table in ("clips", "picks"):
        for name, value in whole[table].items():
            files[chance.choice(list(files))].setdefault(table, {})[name] = value
    texts = {}
    for name, values in files.items():
        shared = {"defaults": whole["defaults"], "vars": whole["vars"]}
        texts[f"manifests/{name}"] = rtoml.dumps(shuffled(values | shared, chance))
    assert meaning(write(tmp_path / "many", dict(texts))) == meaning(one)


def test_comments_and_line_endings_change_nothing(tmp_path: Path) -> None:
    other = "# first\r\n" + GOOD.replace("\n", "  # note\n", 1).replace("\n", "\r\n")
    one, two = tmp_path / "one", tmp_path / "two"
    assert meaning(write(one, {"manifests/a.toml": GOOD})) == meaning(write(two, {"manifests/z.toml": other}))


def test_of_very_many_faults_of_a_file_the_first_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    many = "".join(f"k{number} = 1\n" for number in range(5000))
    root = write(tmp_path, {"manifests/a.toml": f'[clips.a]\nprompt = "A pier at dusk."\n{many}'})
    with pytest.raises(ManifestError) as refused:
        load(root, load_config(root))
    found = refused.value.diagnostics
    assert len(found) == 201
    assert found[-1].message.endswith("and 4,799 more errors in this file")
