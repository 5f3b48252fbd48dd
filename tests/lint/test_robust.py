"""The lint never raises, says the same twice, and points at places that exist."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sorasync.manifest.config import Config, LintLimitsConfig
from sorasync.manifest.diagnostic import Position
from sorasync.manifest.library import CharacterSpec, ClipSpec, Library, Origin, StepSpec
from sorasync.manifest.lint import lint
from sorasync.manifest.lint.prompt import Prompt
from sorasync.manifest.lint.rule import MADE, Setting
from sorasync.manifest.lint.timing import LONG, TOO_MUCH

WORDS = """
Mossy mossy Rose 4K 8 second video, cut to close-up wide shot palette of red, teal and while meanwhile then
handheld tripod night sunny "epic" 'epic' epic Style: Camera: Action: - Palette: Dialogue: Shot 1 2 16:9 --ar
İstanbul ß 日本 black-and-white film remove add the . , ; :
"""
PIECES = st.sampled_from([*WORDS.split(), "\n", "\n\n"])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=30).map(" ".join),
    st.lists(PIECES, max_size=30).map("\n".join),
    st.just('Style: a\n\nShot 1\nCamera: wide\nAction:\n- x\nDialogue:\n- A: "b"\n- odd\nPalette: ,,\n'),
)
NAMES = st.sampled_from(["a", "b", "c", "x[n=1]", "x[n=2]"])
ORIGIN = Origin("manifests/a.toml", ("clips", "a"))


@st.composite
def clips(draw: st.DrawFn, name: str) -> ClipSpec:
    """A clip of any text, with steps, sources and characters that may not exist."""
    kinds = st.sampled_from(["extend", "edit"])
    steps = draw(st.lists(st.tuples(kinds, TEXTS, st.none() | st.integers(1, 20)), max_size=3))
    return ClipSpec(
        name=name,
        origin=ORIGIN,
        prompt=draw(st.none() | TEXTS),
        source=draw(st.none() | NAMES),
        seconds=draw(st.none() | st.integers(1, 20)),
        characters=tuple(draw(st.lists(st.sampled_from(["m", "r", "gone"]), max_size=3))),
        steps=tuple(StepSpec(kind, text, seconds, ORIGIN) for kind, text, seconds in steps),
    )


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    """A library of a few clips, made without files."""
    names = draw(st.lists(NAMES, unique=True, max_size=5))
    cast = {"m": "Mossy", "r": draw(st.text(min_size=1, max_size=10))}
    return Library(
        root=Path("library"),
        config=Config(),
        clips={name: draw(clips(name)) for name in names},
        characters={slug: CharacterSpec(slug, name, "", "", ORIGIN) for slug, name in cast.items()},
        position=lambda origin: Position(origin.file),
    )


@given(libraries())
def test_any_library_can_be_looked_at(library: Library) -> None:
    found = lint(library)
    assert found == lint(library)
    assert list(found) == sorted(found, key=lambda diagnostic: diagnostic.sort_key())


@given(libraries(), st.lists(NAMES, max_size=3))
def test_a_look_at_some_clips_finds_what_a_look_at_all_finds_in_them(
    library: Library, names: list[str]
) -> None:
    addresses = {f"clip.{name}" for name in names}
    some = [one for one in lint(library, only=set(names)) if one.code != "S214"]
    every = [one for one in lint(library) if one.address in addresses and one.code != "S214"]
    assert some == every


HEADS = st.sampled_from(["", "Style: dim\n\n", "A lake at dawn.\n\n"])
BOARDS = st.tuples(HEADS, st.lists(st.integers(1, 3), min_size=1, max_size=4)).map(
    lambda parts: parts[0] + "\n\n".join(f"Shot {number}\nCamera: high" for number in parts[1])
)


@given(TEXTS | BOARDS, st.sampled_from(sorted(MADE)), st.integers(1, 20))
def test_a_prompt_without_the_words_for_beats_and_shots_has_none_to_count(
    text: str, kind: str, seconds: int
) -> None:
    prompt = Prompt(kind, text, ClipSpec("a", ORIGIN, prompt=text), ORIGIN, seconds)
    limits = LintLimitsConfig(seconds_a_beat=20, seconds_a_shot=20)
    setting = Setting({}, {}, lambda clip: frozenset(), limits, frozenset())
    for rule in (TOO_MUCH, LONG):
        assert not prompt.words.isdisjoint(rule.triggers) or not list(rule.check(prompt, setting))
