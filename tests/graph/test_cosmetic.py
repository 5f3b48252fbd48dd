"""Whatever decides nothing changes no key: that would be a paid render for a comment."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph.making import graph_of, keys_of

PROMPT = "Mossy weaves through a lantern-lit market at dusk, past baskets of figs and copper pots."
EDIT = "Shift the palette to teal, sand and rust; keep Mossy as he is."
BASE = f"""
[characters.mossy]
name = "Mossy"
video = "../refs/mossy.mp4"
[characters.wren]
name = "Wren"
video = "../refs/wren.mp4"
[clips.market]
prompt = "{PROMPT}"
model = "sora-2-pro"
size = "1280x720"
seconds = 8
characters = ["mossy", "wren"]
image = "../refs/kitchen.png"
takes = 2
pick = 2
revision = 1
[[clips.market.steps]]
extend = "On it goes."
seconds = 4
[[clips.market.steps]]
edit = "{EDIT}"
[clips.night]
from = "market"
[[clips.night.steps]]
edit = "At night."
[clips.kitchen]
style = "16mm"
scene = "A kitchen."
shots = [{{ camera = "close", action = ["lifts", "smiles"] }}]
"""


@dataclass(frozen=True)
class Looks:
    """How a library is written; nothing of it decides a render."""

    chance: random.Random
    rename: bool
    wrap: bool
    windows: bool
    files: int

    def manifests(self) -> dict[str, bytes]:
        """The base library in these looks, by file name."""
        blocks = [*self._characters(), self._market(), self._night(), self._kitchen()]
        self.chance.shuffle(blocks)
        texts = ["" for _ in range(self.files)]
        for block in blocks:
            texts[self.chance.randrange(self.files)] += block
        if self.windows:
            texts = [text.replace("\n", "\r\n") for text in texts]
        return {f"{self.chance.choice('abc')}{n}.toml": text.encode() for n, text in enumerate(texts)}

    def clip(self, name: str) -> str:
        """A clip's name in these looks."""
        return f"the-{name}" if self.rename else name

    def _characters(self) -> list[str]:
        return [
            self._table(
                f"characters.{self.clip(slug)}",
                [f'name = "{name}"', f'video = "../refs/{slug}.mp4"', *self._free()],
            )
            for slug, name in (("mossy", "Mossy"), ("wren", "Wren"))
        ]

    def _market(self) -> str:
        cast = [f'"{self.clip(slug)}"' for slug in ("mossy", "wren")]
        self.chance.shuffle(cast)
        market = self.clip("market")
        fields = [
            f"prompt = {self._prose(PROMPT)}",
            'model = "sora-2-pro"',
            "size = '1280x720'",
            "seconds = 0x8",
            f"characters = [ {' , '.join(cast)}, ]",
            'image = "../manifests/../refs/kitchen.png"',
            "takes = +2",
            "pick = 2",
            "revision = 1",
            *self._free(),
        ]
        first = self._table(f"clips.{market}.steps", ['extend = "On  it goes."', "seconds = 4"], array=True)
        second = self._table(f"clips.{market}.steps", [f"edit = {self._prose(EDIT)}"], array=True)
        return self._table(f"clips.{market}", fields) + first + second

    def _night(self) -> str:
        fields = [f'from = "{self.clip("market")}"', "steps = [{ edit = 'At night.' }]", *self._free()]
        return self._table(f"clips.{self.clip('night')}", fields)

    def _kitchen(self) -> str:
        name = f"clips.{self.clip('kitchen')}"
        fields = ['style = " 16mm"', 'scene = "A kitchen. "', *self._free()]
        shot = self._table(f"{name}.shots", ['action = ["lifts", "smiles"]', 'camera = "close"'], array=True)
        return self._table(name, fields) + shot

    def _free(self) -> list[str]:
        lines = ['tags = ["spring"]', 'description = "words"', "protect = true", "x-note = 3"]
        return [line for line in lines if self.chance.random() < 0.5]

    def _prose(self, text: str) -> str:
        if not self.wrap:
            return f'"{text}"'
        words = [word + self.chance.choice((" ", "  ", "\n", "\n    ", "\t")) for word in text.split()]
        return f'"""\n{"".join(words)}\n"""'

    def _table(self, name: str, lines: list[str], *, array: bool = False) -> str:
        self.chance.shuffle(lines)
        head = f"[[{name}]]" if array else f"[{name}]"
        ends = ("\n", "\n\n", "  # why\n", "\n# a line\n\t\n")
        return "".join(line + self.chance.choice(ends) for line in (head, *lines))


looks = st.builds(
    Looks,
    chance=st.randoms(use_true_random=False),
    rename=st.booleans(),
    wrap=st.booleans(),
    windows=st.booleans(),
    files=st.integers(1, 4),
)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The keys of the base library."""
    return keys_of(graph_of(tmp_path_factory.mktemp("base"), BASE))


@settings(max_examples=60)
@given(looks)
def test_how_a_library_is_written_changes_no_key(expected: dict[str, str], look: Looks) -> None:
    with tempfile.TemporaryDirectory() as root:
        found = keys_of(graph_of(Path(root), look.manifests()))
    names = {
        address: address.replace("clip.", "clip.the-").replace("character.", "character.the-")
        if look.rename
        else address
        for address in expected
    }
    assert found == {names[address]: key for address, key in expected.items()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('[clips.a]\nprompt = "A lake."\n', '[vars]\nw = "lake"\n[clips.a]\nprompt = "A {{ w }}."\n'),
        ('[clips.a]\nprompt = "A lake."\n', '[clips.a]\nprompt = "A lake."\nmodel = "sora-2"\nseconds = 4\n'),
        (
            '[clips.a]\nprompt = "A lake at dawn, still as glass."\n',
            '[clips.a]\nprompt_file = "../refs/lake.txt"\n',
        ),
        ('[clips.a]\nprompt = "é"\n', '[clips.a]\nprompt = "e\\u0301"\n'),
        (
            '[clips.a]\nprompt = "x"\nseconds = 8\n',
            '[defaults]\nseconds = 8\n[clips.a]\nprompt = "x"\n',
        ),
    ],
)
def test_two_ways_to_say_the_same_have_the_same_key(tmp_path: Path, one: str, other: str) -> None:
    assert keys_of(graph_of(tmp_path, one)) == keys_of(graph_of(tmp_path, other))
