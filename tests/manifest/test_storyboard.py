"""The text that a storyboard becomes, which the preview reads back."""

from __future__ import annotations

from pathlib import Path

from tests.manifest.libraries import clip

FULL = """\
Style: 16mm documentary, natural grain

A cramped restaurant kitchen after closing.

Shot 1
Camera: medium close-up, slow push-in
Depth of field: shallow
Action:
- lifts the lid
- steam fogs the lens
- smiles
Lighting: soft window light, warm lamp fill
Palette: amber, cream, walnut
Sound: a kettle ticking
Dialogue:
- Chef: "One more minute."

Shot 2
Action:
- leaves"""

MANIFEST = """\
[clips.a]
style = "16mm documentary,   natural grain"
scene = '''
  A cramped restaurant kitchen after closing.
'''
[[clips.a.shots]]
sound = "a kettle ticking"
camera = "medium close-up, slow push-in"
depth_of_field = "shallow"
action = ["lifts the lid", "steam fogs\\n the lens", "smiles"]
lighting = "soft window light, warm lamp fill"
palette = ["amber", "cream", "walnut"]
dialogue = [{ speaker = "Chef", line = "One more minute." }]
[[clips.a.shots]]
action = "leaves"
"""


def test_a_storyboard_becomes_blocks_in_a_fixed_order(tmp_path: Path) -> None:
    assert clip(tmp_path, MANIFEST).prompt == FULL


def test_seconds_and_characters_of_a_shot_are_lines_of_the_prompt(tmp_path: Path) -> None:
    first = "{ seconds = 2.5, characters = ['Mossy', 'Chef'], camera = 'wide' }"
    second = "{ seconds = 3, action = 'waits' }"
    assert clip(tmp_path, f"[clips.a]\nshots = [{first}, {second}]\n").prompt == (
        "Shot 1\nSeconds: 2.5\nCharacters: Mossy, Chef\nCamera: wide\n\nShot 2\nSeconds: 3\nAction:\n- waits"
    )


def test_absent_fields_leave_no_line(tmp_path: Path) -> None:
    assert clip(tmp_path, "[clips.a]\nshots = [{ camera = 'wide' }]\n").prompt == "Shot 1\nCamera: wide"
    assert clip(tmp_path, "[clips.a]\nscene = 'A street.'\n").prompt == "A street."


def test_a_default_style_stands_on_storyboards_only(tmp_path: Path) -> None:
    manifest = "[defaults]\nstyle = 'film'\n[clips.a]\nscene = 'A street.'\n[clips.b]\nprompt = 'A street.'\n"
    assert clip(tmp_path, manifest).prompt == "Style: film\n\nA street."
    assert clip(tmp_path, manifest, "b").prompt == "A street."
