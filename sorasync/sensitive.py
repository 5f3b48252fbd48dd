"""What in a file somebody may have typed although it is secret: names that keys go by, and texts that look
like keys. Whatever is found here is left out of messages and excerpts.
"""

from __future__ import annotations

import re

# Replaces a secret in a text.
HIDDEN = "[hidden]"

_WORDS = re.compile(
    r"keys?|tokens?|secrets?|passwords?|passwd|pwd|pass|passphrase|passcode|credentials?|auth|authorization"
    r"|authentication|bearer|cookies?|signature|sig|jwt|hmac|oauth|\w*(?:api|access|secret|private)key"
    r"|\w*(?:token|secret|password|credentials)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTER = re.compile(r"[^a-z0-9]+")

_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_ASSIGNED = re.compile(r"(?<![\w.\-])([\w.\-]+)\s*=")
_FIRST = re.compile(r"\s*(?:export\s+)?[\"']?([\w.\-]+)[\"']?\s*[=:]")
_TWO_WORDS = re.compile(r"\s*[\"']?([\w.\-]+)[\"']?\s+\S+\s*")
_ONE_WORD = re.compile(r"\s*[\w+/=\-]{16,}\s*")
_BEGINS = re.compile(r"\s*(?:\[|[\w.\-\"' ]+=)")
_FARTHEST = 100

# Characters of a line in which names are looked for: as far as a statement's beginning may be.
_LONGEST_LINE = 4096

# Characters of a line that an excerpt may be cut from.
_LONGEST_SHOWN = 65_536

_LOOKS = re.compile(
    r"\b(?:sk|pk|rk|key|api|gsk|xai|whsec|hf|r8|glpat|npm)[-_](?=[\w+/=-]{0,80}\d)[\w+/=-]{12,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bgh[a-z]_\w{16,}|\bgithub_pat_\w{16,}|\bxox[a-z]-[\w-]{8,}"
    r"|\bAIza[\w-]{20,}|\beyJ[\w-]{8,800}\.[\w-]{4,}(?:\.[\w-]*)?|\bBearer\s{1,4}[\w.~+/=-]{8,}"
    r"|(?<=://)[^/\s@\"']{0,200}:[^\s@\"']{1,200}(?=@)"
    r"|(?<=[?&])[\w-]{0,40}(?:key|token|secret|sig|signature|password)=[^&\s\"']+"
)


def names_secret(name: str) -> bool:
    """Whether a key of that name may hold a secret: `api_key`, `aws_secret_access_key`, `X-Auth-Token`."""
    words = _NO_LETTER.split(_CAMEL.sub("_", name).lower())
    return any(map(_WORDS.fullmatch, words))


def without_secrets(text: str) -> str:
    """The text with everything that looks like a key replaced."""
    return _LOOKS.sub(HIDDEN, text)


def line_may_hold_secret(line: str) -> bool:
    """Whether a line of a file assigns to a name of a secret, or looks like a key itself.

    The line need not be TOML: what cannot be read is often another tool's file.
    """
    if _LOOKS.search(line, 0, _LONGEST_SHOWN) or _ONE_WORD.fullmatch(line, 0, _LONGEST_SHOWN):
        return True
    line = line[:_LONGEST_LINE]
    names = _ASSIGNED.findall(_STRING.sub('""', line))
    names += [found[1] for found in (_FIRST.match(line), _TWO_WORDS.fullmatch(line)) if found]
    return any(map(names_secret, names))


def may_show(lines: list[str], index: int) -> bool:
    """Whether a line of a TOML file may be shown; it may be the middle of a value that began further up."""
    for at in range(index, max(-1, index - _FARTHEST), -1):
        begins = _BEGINS.match(lines[at][:_LONGEST_LINE]) is not None
        if (begins or at == index) and line_may_hold_secret(lines[at]):
            return False
        if begins:
            return True
    return True
