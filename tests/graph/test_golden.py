"""The keys of a few libraries, held for good.

A key is what somebody has paid for. If one of these tests fails, the change that made it fail would render
every such clip of every user again, at their cost: it is the change that is wrong, not the file of keys.
There is no switch that writes `keys.json` anew, and there must not be one. To add a library, add its keys by
hand; to change one that stands here, raise the version in `sorasync.graph.key` and give states a migration
that carries their keys over.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sorasync.graph.key import canonical, digest, recoded
from tests.graph.making import graph_of

GOLDEN = Path(__file__).parent / "golden"
KEYS: dict[str, dict[str, dict[str, str]]] = json.loads((GOLDEN / "keys.json").read_text("utf-8"))


def test_every_golden_library_is_held() -> None:
    assert {name.partition("@")[0] for name in KEYS} == {path.stem for path in GOLDEN.glob("*.toml")}


@pytest.mark.parametrize("name", KEYS)
def test_keys_never_change(name: str, tmp_path: Path) -> None:
    library, _, provider = name.partition("@")
    graph = graph_of(tmp_path, {"a.toml": (GOLDEN / f"{library}.toml").read_bytes()}, provider=provider)
    found = {
        address: {"key": render.key, "inputs": render.inputs} for address, render in graph.renders.items()
    }
    assert found == KEYS[name]


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_the_digest_of_its_canonical_inputs(name: str) -> None:
    for render in KEYS[name].values():
        inputs = json.loads(render["inputs"])
        assert (
            json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == render["inputs"]
        )
        assert hashlib.sha256(render["inputs"].encode()).hexdigest() == render["key"]
        assert inputs["v"] == 1
        assert all(inputs.values()), "a field that has its default is left out"


def test_half_a_surrogate_pair_in_damaged_inputs_has_a_key_of_its_own() -> None:
    halves = ['{"prompt":"\ud83c"}', '{"prompt":"\udf0a"}', '{"prompt":"?"}']
    assert len(set(map(digest, halves))) == 3


def test_inputs_nested_too_deep_to_read_have_no_canonical_form() -> None:
    assert recoded("[" * 100_000) is None


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_in_no_key(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"seconds": number})
