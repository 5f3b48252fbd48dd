"""S213: two directions for the same thing that cannot both be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sorasync.manifest.lint.patterns import Phrases, one_of, phrases, words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import MADE, LintRule, Setting
from sorasync.manifest.lint.vocabulary import CHROMATIC

_FOLLOWING = one_of(
    "then turns? turning becom(?:es?|ing) fad(?:es?|ing) gives?_way transitions? until switch(?:es|ing)? "
    "later after before cuts? split[-_]screen half morphs? shifts? while_(?:outside|inside) "
    r"from\s[^.\n]{1,40}\s(?:to|into)"
)
# Words that put two directions one after the other.
_TURN = (rf"\b{_FOLLOWING}\b",)
_HELD = one_of("camera shot footage tracking follow look feel video documentary style move wide medium close")
_NEVER = (r"(?!)",)


@dataclass(frozen=True, slots=True)
class _Pair:
    """`one` contradicts `other`, unless `unless` is in the same shot.

    Wherever the expressions match, there is one of the words `first` and `second`.
    """

    first: frozenset[str]
    second: frozenset[str]
    one: Phrases
    other: Phrases
    unless: Phrases
    advice: str


def _contradiction_pair(
    first: str,
    second: str,
    one: tuple[str, ...],
    other: tuple[str, ...],
    advice: str,
    unless: tuple[str, ...] = _TURN,
) -> _Pair:
    return _Pair(words(first), words(second), phrases(*one), phrases(*other), phrases(*unless), advice)


_PAIRS = (
    _contradiction_pair(
        "handheld held",
        "locked tripod static still fixed",
        (
            rf"\bhand-?held(?=\s{_HELD}\b)",
            r"\bhand-?held(?=\s*(?:[,.;\n]|$))",
        ),
        (
            r"\blocked[- ](?:off|down)\b",
            r"\b(?:on|from) a tripod\b",
            r"\btripod shot\b",
            r"\bstatic (?:camera|shot|frame)\b",
            r"\bcamera (?:is |stays |remains |stands |holds )?(?:still|static|fixed|locked)\b",
            r"^camera: (?:.*, )?(?:static|tripod)\b",
        ),
        "one of the two: a handheld camera moves, a locked one does not",
    ),
    _contradiction_pair(
        "midday noon noonday daylight sunlit sunny sunlight sunshine",
        "night nighttime midnight moonlit starlit moon starry",
        (
            r"\b(?:midday|high noon|at noon|noonday|sunlit|bright sun(?:light|shine))\b",
            r"\bsunny\b(?! (?:yellow|side))",
            r"\bdaylight\b(?![- ](?:balanced|bulbs?|lamps?|film|stock|tubes?|saving))",
        ),
        (
            r"(?<!as )(?<!like )\bat (?:night|midnight)\b",
            r"\b(?:by night|night-?time|moonlit|starlit|night sky|starry sky)\b",
            r"\b(?:under (?:the |a )?(?:full )?moon|dead of night|night scene|night exterior)\b",
        ),
        "one time of day, or two clips",
        (
            *_TURN,
            r"\btime[- ]?lapse\b",
            r"\bday[- ]for[- ]night\b",
            r"\b(?:paint(?:ing|ed)|mural|backdrop|poster|photo|postcard|screen|dream|memory|outside|inside)\b",
        ),
    ),
    _contradiction_pair(
        "shallow bokeh",
        "deep everything sharp",
        (
            r"\bshallow (?:depth of field|focus)\b",
            r"^depth of field: (?:very )?shallow\b",
            r"(?<!no )\bbokeh\b",
        ),
        (
            r"\bdeep (?:focus|depth of field)\b",
            r"\beverything (?:is )?(?:in|sharp|in sharp) focus\b",
            r"\bsharp from front to back\b",
        ),
        "one depth of field per shot",
    ),
    _contradiction_pair(
        "motion mo slowmo slowmotion",
        "time timelapse hyper hyperlapse fast sped",
        (r"\bslow[- ]?mo(?:tion)?\b",),
        (r"\btime[- ]?lapse\b", r"\bhyper[- ]?lapse\b", r"\bfast[- ]motion\b", r"\bsped[- ]up\b"),
        "one speed per shot",
        (*_TURN, r"\b(?:speed )?ramps?\b"),
    ),
    _contradiction_pair(
        "take continuous unbroken oner",
        "cut cuts montage shot",
        (
            r"\b(?:one|single|unbroken)[- ](?:continuous |long |unbroken )?take\b",
            r"\b(?:one|single) (?:continuous|unbroken) shot\b",
            r"\bcontinuous take\b",
            r"\boner\b",
        ),
        (
            r"\b(?:quick|fast|rapid|jump|frequent) cuts?\b(?! (?:grass|hair))",
            r"\bmontage\b",
            r"^shot 2\b",
            r"\bcut to\b",
        ),
        "either one take or several shots",
        _NEVER,
    ),
    _contradiction_pair(
        "photorealistic photo live",
        "anime claymation cartoon cel animation",
        (r"\bphoto-?realistic\b", r"\blive[- ]action\b"),
        (
            r"\b(?:anime|claymation|cartoon style)\b",
            r"\bcel[- ](?:shaded|animation)\b",
            r"\b(?:hand-?(?:drawn|painted)|2d|watercolou?r) animation\b",
        ),
        "one medium",
        (
            r"\b(?:with|mix(?:es|ed|ing)?|meets?|blend(?:s|ed|ing)?|combin(?:es|ed|ing))\b",
            r"\b(?:over|beside|among|between|remake|adaptation|poster|figurine|toy|t-shirt)\b",
        ),
    ),
    _contradiction_pair(
        "locked static still fixed not never doesn",
        "tracking dolly push pull orbits orbiting tracks dollies glides flies cranes moves circles pushes "
        "pulls",
        (
            r"\blocked[- ](?:off|down)\b",
            r"\bstatic (?:camera|shot|frame|wide|medium|close-up)\b",
            r"\bcamera (?:is |stays |remains |stands |holds )?(?:still|static|fixed|locked)\b",
            r"\b(?:the )?camera (?:does not|doesn't|never) moves?\b",
            r"^camera: (?:.*, )?static\b",
        ),
        (
            r"\b(?:tracking|dolly) (?:shot|move|in|out|left|right)\b",
            r"\b(?:slow |gentle |quick |fast )push[- ]in\b",
            r"\bpull[- ](?:back|out)\b",
            r"\bcamera (?:tracks|dollies|orbits|glides|flies|pushes|pulls|cranes|moves|circles)\b",
            r"\borbiting (?:around|shot|camera)\b",
        ),
        "a camera that is still, or one that moves",
        (
            *_TURN,
            r"\b(?:no|(?<!does )not|without|instead|rather|comes? to (?:a )?rest|ends?|end up|stops?)\b",
        ),
    ),
    _contradiction_pair(
        "rain snowstorm blizzard thunderstorm downpour",
        "clear cloudless",
        (
            r"\b(?:heavy|pouring|driving|torrential) rain\b",
            r"\b(?:snowstorm|blizzard|thunderstorm|downpour)\b",
        ),
        (r"\bclear (?:blue |summer )?sk(?:y|ies)\b", r"\bcloudless (?:\w+ )?sk(?:y|ies)\b"),
        "one weather",
        (*_TURN, r"\b(?:distant|distance|far|beyond|behind|horizon|gone|over|ends?|painted|screen)\b"),
    ),
    _contradiction_pair(
        "no without nobody",
        "dialogue",
        (
            r"\b(?:no|without) (?:dialogue|speech|talking|spoken words)\b",
            r"\bnobody (?:speaks|talks)\b",
        ),
        (r"^dialogue:\n- ",),
        "lines to be spoken, or none",
        _NEVER,
    ),
    _contradiction_pair(
        "angle fisheye",
        "telephoto lens mm 85mm 100mm 135mm 200mm 300mm 400mm 600mm",
        (r"\bwide[- ]angle(?: lens)?\b", r"\bfisheye\b"),
        (r"\btelephoto\b", r"\blong lens\b", r"\b(?:85|100|135|200|300|400|600)\s?mm\b"),
        "one lens per shot",
        (*_TURN, r"\bzooms?\b"),
    ),
)
_MEDIUM = one_of(
    "film footage photography cinematography documentary picture movie still noir shot style look animation "
    "grain"
)
_BLACK_AND_WHITE = phrases(
    rf"\bblack[- ]and[- ]white\s(?:16mm |35mm |super 8 )?{_MEDIUM}\b",
    r"\b(?:in|shot in|filmed in) black[- ]and[- ]white\b",
    r"\b(?:in )?monochrome\b(?! (?:blue|green|red|sepia|orange|pink))",
    r"\bgr[ae]yscale\b",
    r"^style: [^\n]*\bblack[- ]and[- ]white\b",
)
_PALETTE = re.compile(r"\bpalette(?:\s(?:of|is|in)|:)\s(?P<colours>[^.;\n]+)")
_EXCEPT = phrases(
    r"\b(?:except|only|single|lone|splash(?:es)?|spot|selective|tinted|tint|accents?)\b",
    r"\b(?:turns?|becomes?|bleeds?)\b",
    r"\b(?:until|then|flashback|television|tv|screen|photos?|photographs?|pictures? of)\b",
)
_GREY_WORDS = words("black monochrome grayscale greyscale")


def check(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Each contradiction within one shot's directions: its block, with style and scene for storyboards."""
    spoken = prompt.words
    for pair in _PAIRS:
        if not pair.first.isdisjoint(spoken) and not pair.second.isdisjoint(spoken):
            yield from _contradiction(prompt, pair)
    if not _GREY_WORDS.isdisjoint(spoken):
        yield from _grey(prompt)


def _contradiction(prompt: Prompt, pair: _Pair) -> Iterator[LintFinding]:
    if not pair.one.search(prompt.low) or not pair.other.search(prompt.low):
        return
    for spans in _shots(prompt):
        one, other = _find(prompt, pair.one, spans), _find(prompt, pair.other, spans)
        if one is None or other is None:
            continue
        if any(pair.unless.search(prompt.low, *span) for span in spans):
            continue
        first, second = sorted((one, other), key=lambda match: match.start())
        message = f"“{_matched_words(first)}” and “{_matched_words(second)}” contradict each other"
        yield LintFinding(message, *_match_span(second), expected=pair.advice)
        return


def _shots(prompt: Prompt) -> Iterator[list[tuple[int, int]]]:
    """For each shot the spans that speak of it; a prompt in prose is one."""
    board = prompt.board
    if board is None or not board.shots:
        yield [(0, len(prompt.low))]
        return
    head = (0, board.shots[0].start)
    for shot in board.shots:
        yield [head, (shot.start, shot.end)]


def _find(prompt: Prompt, pattern: Phrases, spans: list[tuple[int, int]]) -> re.Match[str] | None:
    for span in spans:
        for match in pattern.finditer(prompt.low, *span):
            if not prompt.in_quotes(match.start()) and "palette" not in prompt.sentence(match.start()):
                return match
    return None


def _grey(prompt: Prompt) -> Iterator[LintFinding]:
    grey = _BLACK_AND_WHITE.search(prompt.low)
    if grey is None or prompt.in_quotes(grey.start()) or _EXCEPT.search(prompt.low):
        return
    for match in _PALETTE.finditer(prompt.low):
        colours = [word for word in re.findall(r"[a-z]+", match["colours"]) if word in CHROMATIC]
        if colours:
            start = match.start("colours") + match["colours"].index(colours[0])
            message = f"“{_matched_words(grey)}” and the colour “{colours[0]}” contradict each other"
            yield LintFinding(message, start, start + len(colours[0]), expected="greys, or a style in colour")
            return


def _matched_words(match: re.Match[str]) -> str:
    text = re.sub(r"^\w[\w ]*: ", "", " ".join(match[0].split()))
    return text.strip(" -") or match[0].strip()


def _match_span(match: re.Match[str]) -> tuple[int, int]:
    start = match.start() + (len(match[0]) - len(re.sub(r"^\w[\w ]*: ", "", match[0])))
    return (start, match.end()) if start < match.end() else match.span()


RULE = LintRule("S213", check, MADE, frozenset().union(*(pair.first for pair in _PAIRS), _GREY_WORDS))
