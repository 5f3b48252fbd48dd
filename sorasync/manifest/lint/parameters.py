"""S201: length, resolution, shape, frame rate or model asked for in words: they are parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from re import Match

from sorasync.manifest.lint.patterns import Phrases, one_of, phrases, words
from sorasync.manifest.lint.prompt import LintFinding, Prompt
from sorasync.manifest.lint.rule import LintRule, Setting

_COUNT = one_of("two three four five six seven eight nine ten twelve fifteen sixteen twenty thirty sixty")
_NUMBER = rf"(?:\d+(?:\.\d+)?|{_COUNT})"
_SECONDS = r"(?:seconds?|secs?|s)"
_VIDEO = one_of(
    "video clip film movie shot take scene animation loop footage sequence reel teaser trailer advert ad spot"
)
# Things of which a number may be a property, such as a 4K television in the picture.
_THING = one_of(
    "tv television tvs monitor monitors screen screens display projector camera cameras billboard sign "
    "poster sticker logo label banner box painting paintings picture photo photograph canvas frame mirror "
    "window print tablet phone board laptop run race marathon scale model train bus flight meeting bike"
)
_SHARP = one_of("resolution quality uhd hdr video footage render detail ultra photorealistic cinematic")
_AT_END = r"(?=\s*(?:[,.:;)\]!\n]|$))"
_SHOWN = (
    r"\s(?:plays?|playing|runs?|is playing|loops?)?\s?(?:on|in|across)\s(?:an?|the|his|her|every)\s"
    rf"(?:\w+\s)?{_THING}\b"
)

_LENGTH = phrases(
    rf"(?<![\w.]){_NUMBER}[\s-]?{_SECONDS}[\s-](?:long\s)?{_VIDEO}s?\b(?!{_SHOWN})",
    r"\b(?:duration|runtime|running time|clip length|video length|^length)(?:\s(?:of|is))?[:=]?\s?(?:of\s)?"
    rf"{_NUMBER}[\s-]?{_SECONDS}\b",
    r"\b(?:video|clip|film|movie|shot|it)\s(?:should\s|must\s|to\s)?(?:last|lasts|run|runs|be)\s(?:for\s)?"
    rf"(?:about\s|exactly\s)?{_NUMBER}[\s-]?{_SECONDS}\b"
    rf"(?!\s{one_of('late early old away ahead behind later before after')}\b)",
    rf"(?<=[,;(]\s){_NUMBER}[\s-]?{_SECONDS}(?=\s*(?:[,;)\n]|\.?\s*\Z))",
    rf"(?<![\w.]){_NUMBER}\s{_SECONDS}\s(?:in\slength|in\sduration|long{_AT_END})",
)
_RESOLUTION = phrases(
    rf"(?<![\w.])(?:480|540|720|1080|1440|2160)[pi]\b(?!\s{_THING}\b)",
    r"(?<![\w.$€£])[248]k\b"
    rf"(?=\s{_SHARP}\b|{_AT_END[3:]}",
    r"(?<![\w.])\d{3,4}\s?[x×]\s?\d{3,4}\b"
    rf"(?!\s?{one_of('cm mm m ft in inch inches feet metres meters km pieces')}\b|\s?{_THING}\b)",
    rf"\b(?:(?:full|ultra|true)[ -]?hd|uhd)\b(?!\s{_THING}\b)",
    r"\bhd\s(?:video|footage|quality|resolution|clip)\b",
    r"\b(?:high|low|ultra[- ]high)[ -]res(?:olution)?\b"
    rf"(?=\s{one_of('video footage clip render image quality output')}\b|{_AT_END[3:]}",
    r"\b(?:in|at)\shigh\sdefinition\b",
)
_RATIO = (
    r"(?:16\s?:\s?9|9\s?:\s?16|4\s?:\s?[35]|3\s?:\s?4|1\s?:\s?1|21\s?:\s?9"
    r"|(?:2\.(?:39|35|40|20)|1\.(?:85|66))\s?:\s?1)"
)
_OF_VIDEO = one_of(
    "aspect ratio format video widescreen vertical portrait landscape framing composition crop clip footage "
    "shot"
)
_SHAPE = phrases(
    rf"(?<![\w.:]){_RATIO}(?![\w:])\s{_OF_VIDEO}\b(?!\s{_THING}\b)",
    rf"\baspect[\s-]ratio(?:\s(?:of|is))?[:=]?\s?{_RATIO}?(?!\s\w+\s{_THING}\b)",
    rf"\b{one_of('anamorphic widescreen vertical portrait landscape filmed_in shot_in rendered_in')}"
    rf"\s\(?{_RATIO}(?![\w:])(?!\s{_THING}\b)",
    rf"(?:^|(?<=[.,;(\n]\s)|(?<=[,;(\n]))\s?{_RATIO}(?=\s*(?:[,;)\n]|\.\s|\.?$))",
    r"\b(?:vertical|horizontal|square)[\s-](?:video|format|orientation|aspect)\b",
    r"\b(?:in|use)\s(?:vertical|portrait|landscape|widescreen|square)\s(?:mode|format|orientation)\b",
    r"\b(?:portrait|landscape)\s(?:orientation|mode)\b",
)
_RATE = phrases(
    r"(?<![\w.])\d+(?:\.\d+)?\s?-?(?:fps|frames\s(?:per|a)\ssecond)\b"
    rf"(?!\s{one_of('look feel style stutter jitter flicker effect counter reading display')}\b)",
)
_MODEL = phrases(
    r"\bsora[\s-]?[12](?:[\s-]?pro)?\b",
    r"\bopenai\ssora\b",
    r"\bsora\s(?:model|ai)\b",
    r"\b(?:google\s)?veo[\s-]?[123](?:\.\d)?\b",
    r"\brunway\sgen[\s-]?\d\b",
    r"\bkling\s?(?:ai|\d(?:\.\d)?)\b",
    r"\bmidjourney\b",
    r"\bstable\s(?:diffusion|video)\b",
)
_FLAG = phrases(
    rf"(?<!\S)--{one_of('ar aspect duration seconds fps seed size res model v q stylize chaos no')}\b"
    r"(?:[ =][^\s,]+)?"
)
_OBJECT_SHOWS = phrases(
    rf"\b{one_of('reads? reading shows? showing says saying displays? displaying marked labell?ed')}\s\W?\Z"
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A parameter: how prompts ask for it, and words or numbers that every such prompt has.

    The word alone says too little where `spelled` has to be found, too.
    """

    what: str
    instead: str
    asked: Phrases
    spoken: frozenset[str]
    numbers: re.Pattern[str]
    spelled: re.Pattern[str] | None = None

    def likely(self, prompt: Prompt, numbered: bool) -> bool:
        """Whether a close look is worth it; `numbered`: the prompt has a number of one of the kinds."""
        if numbered and self.numbers.search(prompt.low):
            return True
        if self.spoken.isdisjoint(prompt.words):
            return False
        return self.spelled is None or self.spelled.search(prompt.low) is not None


_KINDS = (
    _Kind(
        "length",
        "`seconds` of the clip",
        _LENGTH,
        words("second seconds sec secs"),
        # A decade, such as the 1970s, is no length.
        re.compile(r"\d(?<!\d{4})[\s-]?s(?:ecs?|econds?)?\b"),
        re.compile(rf"{_COUNT}[\s-]sec"),
    ),
    _Kind(
        "resolution",
        "`size` of the clip",
        _RESOLUTION,
        words("hd uhd fullhd ultrahd truehd res resolution definition"),
        re.compile(r"\d(?:[kpi]\b|\s?[x×]\s?\d)"),
    ),
    _Kind(
        "shape",
        "`size` of the clip",
        _SHAPE,
        words("aspect vertical horizontal square format mode orientation"),
        re.compile(r"\d\s?:\s?(?:16|9|5|4|3|1)(?!\d)"),
    ),
    _Kind(
        "frame rate",
        "nothing: the provider decides it",
        _RATE,
        words("fps frames"),
        re.compile(r"\dfps\b"),
    ),
    _Kind(
        "model",
        "`model` of the clip",
        _MODEL,
        words("sora sora2 veo veo2 veo3 kling kling1 kling2 runway midjourney stable openai"),
        re.compile("(?!)"),
    ),
    _Kind("flag", "keys of the clip, or `params`", _FLAG, words(""), re.compile("--[a-z]")),
)
_SPOKEN = frozenset().union(*(kind.spoken for kind in _KINDS))
_NUMBERS = re.compile(r"\d(?:(?<!\d{4})[\s-]?s(?:\b|ec)|[kpi]\b|\s?[x×:]\s?\d|fps)")


def check(prompt: Prompt, setting: Setting) -> Iterator[LintFinding]:
    """Every such phrase outside quotations."""
    low = prompt.low
    numbered = "--" in low or _NUMBERS.search(low) is not None
    if not numbered and _SPOKEN.isdisjoint(prompt.words):
        return
    for kind in _KINDS:
        if not kind.likely(prompt, numbered):
            continue
        for match in kind.asked.finditer(low):
            if match[0].strip() and not _quiet(prompt, match):
                start = match.start() + len(match[0]) - len(match[0].lstrip())
                yield LintFinding(
                    f"“{prompt.text[start : match.end()]}” asks for a {kind.what}: a prompt cannot set it",
                    start,
                    match.end(),
                    expected=kind.instead,
                )


def _quiet(prompt: Prompt, match: Match[str]) -> bool:
    before = prompt.low[max(0, match.start() - 24) : match.start()]
    return prompt.in_quotes(match.start()) or bool(_OBJECT_SHOWS.search(before))


RULE = LintRule("S201", check)
