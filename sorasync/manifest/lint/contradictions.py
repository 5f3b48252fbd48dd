"""S213: two directions for the same thing that cannot both be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sorasync.manifest.lint.prompt import Finding, Prompt
from sorasync.manifest.lint.rule import MADE, Cast, Rule
from sorasync.manifest.lint.vocabulary import CHROMATIC

_TURN = (
    r"\b(?:then|turns?|turning|becom(?:es?|ing)|fad(?:es?|ing)|gives? way|transitions?|until|switch(?:es|ing)?|later|"
    r"after|before|cuts?|split[- ]screen|half|morphs?|shifts?|from\s[^.\n]{1,40}\s(?:to|into)|while (?:outside|inside))\b"
)
_END = r"(?=\s*(?:[,.;\n]|$))"


@dataclass(frozen=True, slots=True)
class _Pair:
    """`one` against `other`; quiet where `unless` stands in the same shot. `first` are words of `one`."""

    first: frozenset[str]
    one: re.Pattern[str]
    other: re.Pattern[str]
    unless: re.Pattern[str]
    advice: str


def _pair(first: str, one: str, other: str, advice: str, unless: str = _TURN) -> _Pair:
    flags = re.MULTILINE
    return _Pair(
        frozenset(first.split()), re.compile(one, flags), re.compile(other, flags), re.compile(unless), advice
    )


_PAIRS = (
    _pair(
        "handheld hand",
        r"\bhand-?held(?=\s(?:camera|shot|footage|tracking|follow|look|feel|video|documentary|style|move|wide|medium|close)"
        rf"|{_END[3:]})",
        r"\blocked[- ](?:off|down)\b|\b(?:on|from) a tripod\b|\btripod shot\b|\bstatic (?:camera|shot|frame)\b"
        r"|\bcamera (?:is |stays |remains |stands |holds )?(?:still|static|fixed|locked)\b"
        r"|^camera: (?:.*, )?(?:static|tripod)\b",
        "one of the two: a handheld camera moves, a locked one does not",
    ),
    _pair(
        "midday noon noonday daylight sunlit sunny sunlight sunshine",
        r"\b(?:midday|high noon|at noon|noonday|(?:broad |bright )?daylight(?![- ](?:balanced|bulbs?|lamps?|film|stock|tubes?|"
        r"saving))|sunlit|bright sun(?:light|shine)|sunny)\b",
        r"\b(?:at night|by night|night-?time|at midnight|moonlit|under (?:the |a )?(?:full )?moon|starlit|night sky|"
        r"starry sky|dead of night|night scene|night exterior)\b",
        "one time of day, or two clips",
        _TURN
        + r"|\btime[- ]?lapse\b|\bday[- ]for[- ]night\b|\b(?:painting|poster|photo|postcard|screen|dream|memory)\b",
    ),
    _pair(
        "shallow bokeh",
        r"\bshallow (?:depth of field|focus)\b|^depth of field: (?:very )?shallow\b|\bbokeh\b",
        r"\bdeep focus\b|\bdeep depth of field\b|\beverything (?:is )?(?:in|sharp|in sharp) focus\b|\bsharp from front to back\b",
        "one depth of field a shot",
    ),
    _pair(
        "slow slowmo",
        r"\bslow[- ]?mo(?:tion)?\b",
        r"\btime[- ]?lapse\b|\bhyper[- ]?lapse\b|\bfast[- ]motion\b|\bsped[- ]up\b",
        "one speed a shot",
        _TURN + r"|\bspeed ramps?\b|\bramps?\b",
    ),
    _pair(
        "one single continuous unbroken oner",
        r"\b(?:one|single|unbroken)[- ](?:continuous |long |unbroken )?take\b|\b(?:one|single) (?:continuous|unbroken) shot\b"
        r"|\bcontinuous take\b|\boner\b",
        r"\b(?:quick|fast|rapid|jump|frequent) cuts?\b(?! (?:grass|hair))|\bmontage\b|^shot 2\b|\bcut to\b",
        "either one take or several shots",
        r"(?!)",
    ),
    _pair(
        "photorealistic photo live",
        r"\bphoto-?realistic\b|\blive[- ]action\b",
        r"\banime\b|\bcel[- ](?:shaded|animation)\b|\b(?:hand-?(?:drawn|painted)|2d|watercolou?r) animation\b|\bclaymation\b"
        r"|\bcartoon style\b",
        "one medium",
        r"\b(?:with|mix(?:es|ed|ing)?|meets?|blend(?:s|ed|ing)?|combin(?:es|ed|ing)|over|beside|among|between|remake|"
        r"adaptation|poster|figurine|toy|t-shirt)\b",
    ),
    _pair(
        "dialogue silent talking speech speaks",
        r"\bno (?:dialogue|speech|talking|spoken words)\b|\bwithout (?:dialogue|speech|spoken words)\b|\bnobody (?:speaks|talks)\b",
        r"^dialogue:\n- ",
        "lines to be spoken, or none",
        r"(?!)",
    ),
    _pair(
        "wide fisheye",
        r"\bwide[- ]angle(?: lens)?\b|\bfisheye\b",
        r"\btelephoto\b|\blong lens\b|\b(?:85|100|135|200|300|400|600)\s?mm\b",
        "one lens a shot",
        _TURN + r"|\bzooms?\b",
    ),
)
_BLACK_AND_WHITE = re.compile(
    r"\bblack[- ]and[- ]white\s(?:16mm |35mm |super 8 )?(?:film|footage|photography|cinematography|documentary|picture|movie|still|"
    r"noir|shot|style|look|animation|grain)\b|\b(?:in|shot in|filmed in) black[- ]and[- ]white\b|\b(?:in )?monochrome\b"
    r"(?! (?:blue|green|red|sepia|orange|pink))|\bgr[ae]yscale\b|^style: [^\n]*\bblack[- ]and[- ]white\b",
    re.MULTILINE,
)
_PALETTE = re.compile(r"\bpalette(?:\s(?:of|is|in)|:)\s(?P<colours>[^.;\n]+)")
_EXCEPT = re.compile(
    r"\b(?:except|only|single|lone|splash(?:es)?|spot|selective|tinted|tint|accents?|turns?|becomes?|bleeds?|"
    r"until|then|flashback|television|tv|screen|photos?|photographs?|pictures? of|cat|dog|tiles?|floor)\b"
)
_GREY_WORDS = frozenset(["black", "monochrome", "grayscale", "greyscale"])


def check(prompt: Prompt, cast: Cast) -> Iterator[Finding]:
    """Each contradiction inside what one shot is told: its own block, with style and scene for storyboards."""
    pairs = [pair for pair in _PAIRS if not pair.first.isdisjoint(prompt.words)]
    for pair in pairs:
        yield from _contradiction(prompt, pair)
    if not _GREY_WORDS.isdisjoint(prompt.words):
        yield from _grey(prompt)


def _contradiction(prompt: Prompt, pair: _Pair) -> Iterator[Finding]:
    for spans in _shots(prompt):
        one, other = _find(prompt, pair.one, spans), _find(prompt, pair.other, spans)
        if one is None or other is None:
            continue
        if any(pair.unless.search(prompt.low, *span) for span in spans):
            continue
        first, second = sorted((one, other), key=lambda match: match.start())
        message = f"“{_words(first)}” and “{_words(second)}” contradict each other"
        yield Finding(message, *_span(second), expected=pair.advice)
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


def _find(prompt: Prompt, pattern: re.Pattern[str], spans: list[tuple[int, int]]) -> re.Match[str] | None:
    for span in spans:
        for match in pattern.finditer(prompt.low, *span):
            if not prompt.in_quotes(match.start()) and "palette" not in prompt.sentence(match.start()):
                return match
    return None


def _grey(prompt: Prompt) -> Iterator[Finding]:
    grey = _BLACK_AND_WHITE.search(prompt.low)
    if grey is None or prompt.in_quotes(grey.start()) or _EXCEPT.search(prompt.low):
        return
    for match in _PALETTE.finditer(prompt.low):
        colours = [word for word in re.findall(r"[a-z]+", match["colours"]) if word in CHROMATIC]
        if colours:
            start = match.start("colours") + match["colours"].index(colours[0])
            message = f"“{_words(grey)}” and the colour “{colours[0]}” contradict each other"
            yield Finding(message, start, start + len(colours[0]), expected="greys, or a style in colour")
            return


def _words(match: re.Match[str]) -> str:
    text = re.sub(r"^\w[\w ]*: ", "", " ".join(match[0].split()))
    return text.strip(" -") or match[0].strip()


def _span(match: re.Match[str]) -> tuple[int, int]:
    start = match.start() + (len(match[0]) - len(re.sub(r"^\w[\w ]*: ", "", match[0])))
    return (start, match.end()) if start < match.end() else match.span()


RULE = Rule("S213", check, MADE, frozenset().union(*(pair.first for pair in _PAIRS), _GREY_WORDS))
