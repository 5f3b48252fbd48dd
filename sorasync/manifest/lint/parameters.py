"""S201: length, resolution, shape, frame rate or model asked for in words. They are parameters: words do nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import Match

from sorasync.manifest.lint.prompt import Finding, Prompt
from sorasync.manifest.lint.rule import Cast, Rule

_NUMBER = r"(?:\d+(?:\.\d+)?|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|sixteen|twenty|thirty|sixty)"
_SECONDS = r"(?:seconds?|secs?|s)"
_VIDEO = r"(?:video|clip|film|movie|shot|take|scene|animation|loop|footage|sequence|reel|teaser|trailer|advert|ad|spot)"
_THING = (
    r"(?:tv|television|tvs|monitor|monitors|screen|screens|display|projector|camera|cameras|billboard|sign|poster|"
    r"sticker|logo|label|banner|box|painting|paintings|picture|photo|photograph|canvas|frame|mirror|window|print|"
    r"tablet|phone|board|laptop|run|race|marathon|scale|model|train|bus|flight|meeting|bike)"
)
_BEFORE_END = r"(?=\s*(?:[,.;)\]!\n]|$))"

_LENGTH = re.compile(
    rf"(?<![\w.]){_NUMBER}[\s-]?{_SECONDS}[\s-](?:long\s)?{_VIDEO}s?\b"
    rf"(?!\s(?:plays?|playing|runs?|is playing|loops?)?\s?(?:on|in|across)\s(?:an?|the|his|her|every)\s(?:\w+\s)?{_THING}\b)"
    rf"|\b(?:duration|runtime|running time|clip length|video length)(?:\s(?:of|is))?[:=]?\s?(?:of\s)?{_NUMBER}[\s-]?{_SECONDS}\b"
    rf"|\b(?:video|clip|film|movie|shot|it)\s(?:should\s|must\s|to\s)?(?:last|lasts|run|runs|be)\s(?:for\s)?"
    rf"(?:about\s|exactly\s)?{_NUMBER}[\s-]?{_SECONDS}\b(?!\s(?:late|early|old|away|ahead|behind|later|before|after))"
    rf"|(?<![\w.]){_NUMBER}\s{_SECONDS}\s(?:in\slength|in\sduration|long{_BEFORE_END})"
)
_RESOLUTION = re.compile(
    rf"(?<![\w.])(?:480|540|720|1080|1440|2160)[pi]\b(?!\s{_THING}\b)"
    rf"|(?<![\w.$€£])[248]k\b(?=\s(?:resolution|quality|uhd|hdr|video|footage|render|detail|ultra)|\s*[,.;)!\n]|$)"
    rf"|(?<![\w.])\d{{3,4}}\s?[x×]\s?\d{{3,4}}\b(?!\s?(?:cm|mm|m|ft|in|inch|inches|feet|metres|meters|km|pieces|{_THING})\b)"
    rf"|\b(?:full|ultra|true)[ -]?hd\b(?!\s{_THING}\b)|\buhd\b(?!\s{_THING}\b)"
    r"|\bhd\s(?:video|footage|quality|resolution|clip)\b|\b(?:high|low|ultra[- ]high)[ -]res(?:olution)?\b"
    r"(?=\s(?:video|footage|clip|render|image|quality|output)|\s*[,.;)!\n]|$)"
    r"|\b(?:in|at)\shigh\sdefinition\b"
)
_RATIO = r"(?:16\s?:\s?9|9\s?:\s?16|4\s?:\s?3|3\s?:\s?4|1\s?:\s?1|21\s?:\s?9|4\s?:\s?5|2\.(?:39|35|40|20)\s?:\s?1|1\.(?:85|66)\s?:\s?1)"
_SHAPE = re.compile(
    rf"(?<![\w.:]){_RATIO}(?![\w:])(?:\s(?:aspect|ratio|format|video|widescreen|vertical|portrait|landscape|framing|"
    rf"composition|crop|clip|footage|shot)\b)(?!\s{_THING}\b)"
    rf"|\baspect[\s-]ratio(?:\s(?:of|is))?[:=]?\s?{_RATIO}?(?!\s\w+\s{_THING}\b)"
    rf"|\b(?:anamorphic|widescreen|vertical|portrait|landscape|filmed in|shot in|rendered in)\s\(?{_RATIO}(?![\w:])(?!\s{_THING}\b)"
    rf"|(?:^|(?<=[,;(\n]\s)|(?<=[,;(\n]))\s?{_RATIO}(?=\s*(?:[,;)\n]|\.\s|\.?$))"
    r"|\b(?:vertical|horizontal|square)[\s-](?:video|format|orientation|aspect)\b"
    r"|\b(?:in|use)\s(?:vertical|portrait|landscape|widescreen|square)\s(?:mode|format|orientation)\b"
    r"|\b(?:portrait|landscape)\s(?:orientation|mode)\b"
)
_RATE = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?\s?-?(?:fps|frames\s(?:per|a)\ssecond)\b"
    r"(?!\s(?:look|feel|style|stutter|jitter|flicker|effect|counter|reading|display))"
)
_MODEL = re.compile(
    r"\bsora[\s-]?[12](?:[\s-]?pro)?\b|\bopenai\ssora\b|\bsora\s(?:model|ai)\b|\b(?:google\s)?veo[\s-]?[123](?:\.\d)?\b"
    r"|\brunway\sgen[\s-]?\d\b|\bkling\s?(?:ai|\d(?:\.\d)?)\b|\bmidjourney\b|\bstable\s(?:diffusion|video)\b"
)
_FLAG = re.compile(
    r"(?<!\S)--(?:ar|aspect|duration|seconds|fps|seed|size|res|model|v|q|stylize|chaos|no)\b(?:[ =][^\s,]+)?"
)
_OBJECT_SHOWS = re.compile(
    r"\b(?:reads?|reading|shows?|showing|says|saying|displays?|displaying|marked|labelled|labeled)\s\W?$"
)

_KINDS = (
    (_LENGTH, "length", "`seconds` of the clip"),
    (_RESOLUTION, "resolution", "`size` of the clip"),
    (_SHAPE, "shape", "`size` of the clip"),
    (_RATE, "frame rate", "nothing: the provider decides it"),
    (_MODEL, "model", "`model` of the clip"),
    (_FLAG, "flag", "keys of the clip, or `params`"),
)
_DIGIT = re.compile(r"\d")
_WORDY = frozenset(
    [
        "seconds",
        "second",
        "sec",
        "secs",
        "fps",
        "hd",
        "uhd",
        "resolution",
        "res",
        "definition",
        "aspect",
        "ratio",
        "vertical",
        "horizontal",
        "square",
        "portrait",
        "landscape",
        "widescreen",
        "sora",
        "veo",
        "runway",
        "kling",
        "midjourney",
        "diffusion",
        "stable",
        "duration",
        "runtime",
        "ar",
        "seed",
        "stylize",
    ]
)


def check(prompt: Prompt, cast: Cast) -> Iterator[Finding]:
    """Every such phrase outside quotations."""
    low = prompt.low
    if prompt.words.isdisjoint(_WORDY) and not _DIGIT.search(low) and "--" not in low:
        return
    for pattern, what, instead in _KINDS:
        for match in pattern.finditer(low):
            if match[0].strip() and not _quiet(prompt, match):
                start = match.start() + len(match[0]) - len(match[0].lstrip())
                yield Finding(
                    f"“{prompt.text[start : match.end()]}” asks for a {what} in words, which does nothing",
                    start,
                    match.end(),
                    expected=instead,
                )


def _quiet(prompt: Prompt, match: Match[str]) -> bool:
    before = prompt.low[max(0, match.start() - 24) : match.start()]
    return prompt.in_quotes(match.start()) or bool(_OBJECT_SHOWS.search(before))


RULE = Rule("S201", check)
