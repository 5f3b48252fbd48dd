"""S204 and S205: one shot holds one camera set-up and one action at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sorasync.manifest.lint.board import BoardPart
from sorasync.manifest.lint.patterns import any_of, one_of, phrases, words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import MADE, LintRule, Setting

_ADVICE = "one set-up per shot: give the other its own shot, or a clip"

_MEDIUM = any_of(
    r"medium[- ](?:close[- ]?up|wide|long)(?: \w+)? ?(?:shot)?", r"medium(?: \w+)? shot", "mid[- ]shot"
)
_WIDE = r"(?:extreme |ultra |very )?(?:wide|long|full|establishing)(?: \w+)?[ -](?:shot|view)"
_CLOSE = "(?:extreme |tight )?close[- ]?ups?|macro shot"
# Framings in prose, where they are called shots.
_SIZES = phrases(rf"\b(?:(?P<medium>{_MEDIUM})|(?P<wide>{_WIDE})|(?P<close>{_CLOSE}))\b")

_BARE_MEDIUM = any_of(
    "medium[- ](?:close[- ]?up|wide|long)", r"(?:medium|mid)\b(?![- ](?:lens|format|speed|pace))"
)
_BARE_WIDE = any_of(
    r"(?:extreme |ultra |very )?wide\b(?![- ](?:angle|lens|aperture|open|screen|eyed))",
    "establishing",
    "(?:long|full) shot",
)
_BARE_CLOSE = any_of("(?:extreme |tight )?close[- ]?ups?", r"macro\b(?! lens)")
# Framings on a camera line.
_BARE_SIZES = phrases(
    rf"(?<![-\w])(?:(?P<medium>{_BARE_MEDIUM})|(?P<wide>{_BARE_WIDE})|(?P<close>{_BARE_CLOSE}))\b"
)

# Words that lead from one framing to the next: a move, or a picture within the picture.
_LINK = phrases(
    r"\b"
    + one_of(
        "pull push zoom doll crane ris track mov drift glid widen tighten boom reveal arc orbit rack "
        "clos(?:e|ing)_in open(?:s|ing)_(?:out|up) back(?:s|ing)?_(?:out|away) from\\b into\\b becom "
        "photo picture painting postcard poster screen monitor television reflect mirror"
    )
)
_SIZE_WORDS = words("wide long full establishing medium mid close closeup closeups macro")
_CUT_WORDS = words("cut cuts")
_OR = phrases(r"\bor\b[^.]*\Z")
_MOVES = {
    "pan": phrases(r"\b(?:whip )?pan(?:s|ning)?\b"),
    "tilt": phrases(r"\btilt(?:s|ing)?\b"),
    "zoom": phrases(r"\b(?:crash )?zoom(?:s|ing)?\b"),
    "dolly": phrases(
        r"\bdoll(?:y|ies|ying)\b",
        r"\b(?:push|pull)(?:es|s|ing)?[- ](?:in|out|back)\b",
        r"\btrack(?:s|ing)?\b",
    ),
    "crane": phrases(r"\b(?:crane(?:s|ing)?|boom(?:s|ing)? (?:up|down))\b"),
    "orbit": phrases(r"\b(?:orbit(?:s|ing)?|arc(?:s|ing)?)\b"),
}
_CUT = phrases(
    r"(?:^|[.;:!?,—–\n]\s*|\bthen\s+|\bwe\s+|\bcamera\s+)"
    r"(?P<cut>(?:(?:smash|hard|jump|match|quick|sharp)\s)?cuts?\s(?:back\s)?to)\b"
    rf"(?!\s{one_of('size length fit shape pieces ribbons measure')}\b"
    rf"|\sthe\s{one_of('bone shore shoulders? quick edge length size chase')}\b)"
)
_WHILE = phrases(r"(?<!\ba )(?<!\bthe )(?<!\blittle )(?<!\bworth )\bwhile\b")
_BESIDES = phrases(r"\bmeanwhile\b", r"\bsimultaneously\b", r"\bat the (?:very )?same time\b")


def set_ups(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Camera lines with two framings or three moves, and blocks of prose that cut or frame twice."""
    if prompt.board is not None and prompt.board.shots:
        for shot in prompt.board.shots:
            for part in shot.of("camera"):
                yield from _camera(part, setting.limits.camera_moves)
        return
    cuts = not _CUT_WORDS.isdisjoint(prompt.words)
    if cuts or len(_SIZE_WORDS & prompt.words) > 1:
        for start, end in prompt.units:
            yield from _block(prompt, start, end, cuts)


def _camera(part: BoardPart, most: int) -> Iterator[LintFinding]:
    low = part.text.lower()
    if cut := re.search(r"\bcuts? to\b", low):
        yield LintFinding(
            "the camera of one shot cuts", part.start + cut.start(), part.start + cut.end(), _ADVICE
        )
        return
    second = _second(_BARE_SIZES.finditer(low))
    if second is not None and not _LINK.search(low):
        span = (part.start + second.start(), part.start + second.end())
        yield LintFinding(f"one shot has two framings, “{second[0]}” is the second", *span, _ADVICE)
        return
    moves = sorted((match.start(), match[0]) for move in _MOVES.values() if (match := move.search(low)))
    if len(moves) > most:
        at, word = moves[most]
        span = (part.start + at, part.start + at + len(word))
        yield LintFinding(
            f"one shot has {len(moves)} camera moves", *span, f"one move per shot, {most} at most"
        )


def _block(prompt: Prompt, start: int, end: int, cuts: bool) -> Iterator[LintFinding]:
    text = prompt.low[start:end]
    cut = _CUT.search(text) if cuts else None
    if cut is not None and not prompt.in_quotes(start + cut.start("cut")):
        yield LintFinding(
            "one block of the prompt cuts", start + cut.start("cut"), start + cut.end("cut"), _ADVICE
        )
        return
    sizes = [match for match in _SIZES.finditer(text) if not prompt.in_quotes(start + match.start())]
    second = _second(sizes)
    if second is None or _LINK.search(text, sizes[0].start(), second.start()):
        return
    if not _OR.search(text[: second.start()]):
        span = (start + second.start(), start + second.end())
        yield LintFinding(f"one block has two framings, “{second[0]}” is the second", *span, _ADVICE)


def _second(sizes: Iterable[re.Match[str]]) -> re.Match[str] | None:
    """The first framing that differs from the one before it."""
    first = None
    for match in sizes:
        first = first or match.lastgroup
        if match.lastgroup != first:
            return match
    return None


def at_once(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Shots that let too many things happen at the same time, as far as the words say so."""
    most = setting.limits.at_once - 1
    if sum(map(prompt.low.count, ("while", "simultaneously", "same time"))) <= most:
        return
    for start, end in prompt.units or [(0, len(prompt.text))]:
        found = _simultaneous(prompt, start, end)
        if len(found) > most:
            match = found[most]
            message = f"{len(found) + 1} actions at once in one shot, “{match[0]}” starts another"
            yield LintFinding(message, *match.span(), "one action per shot, one more beside it at most")


def _simultaneous(prompt: Prompt, start: int, end: int) -> list[re.Match[str]]:
    """What joins the actions of a shot: the `while`s of one sentence, and all that refers back to another."""
    joins: dict[str, list[re.Match[str]]] = {}
    for match in _WHILE.finditer(prompt.low, start, end):
        if not prompt.in_quotes(match.start()):
            joins.setdefault(prompt.sentence(match.start()), []).append(match)
    most = max(joins.values(), key=len, default=[])
    besides = [m for m in _BESIDES.finditer(prompt.low, start, end) if not prompt.in_quotes(m.start())]
    return sorted([*most, *besides], key=lambda match: match.start())


SET_UPS = LintRule(
    "S204",
    set_ups,
    MADE,
    _SIZE_WORDS | _CUT_WORDS | words("pan tilt zoom dolly crane"),
)
AT_ONCE = LintRule("S205", at_once, MADE, words("while meanwhile simultaneously same"))
