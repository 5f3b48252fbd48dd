"""Every code that a diagnostic or a refusal can have: one line each, stable for good.

S1xx are faults of the language, S120 to S131 what a provider's profile does not have, S2xx lint, S5xx
refusals of a plan. `sorasync explain CODE` shows the page of a code.
"""

from __future__ import annotations

from typing import Final

from sorasync.manifest.diagnostic import Severity

# Errors of the manifest language. Titles are fixed words without user data.
CODES: Final[dict[str, str]] = {
    "S101": "the file is not valid TOML",
    "S102": "a file cannot be read",
    "S103": "a key is unknown",
    "S104": "a value has the wrong type or is not allowed",
    "S105": "a name is declared twice",
    "S106": "a variable is not defined, or a placeholder is malformed",
    "S107": "a reference names something that is not declared",
    "S108": "clips start from each other in a cycle",
    "S109": "a file or directory does not exist",
    "S110": "a path leads out of the library",
    "S111": "keys that cannot be combined",
    "S112": "a key is missing",
    "S113": "a prompt is empty, too long or not plain text",
    "S114": "a pick names no take, or is given twice",
    "S115": "a matrix or a file of rows cannot be expanded",
    "S116": "a name has characters that are not allowed",
    "S117": "no such environment",
    "S118": "a cut does not add up",
    "S119": "a workflow, or an input that `bind` names, cannot be used",
}

# What the provider's profile does not support.
LIMIT_CODES: Final[dict[str, str]] = {
    "S120": "the provider does not have the model",
    "S121": "the model does not render this size",
    "S122": "the model does not render this length",
    "S123": "the provider does not take these characters",
    "S124": "the provider does not take this first or last frame",
    "S125": "the provider does not know a parameter",
    "S126": "the provider cannot extend or edit this",
    "S127": "the prompt is too long for the provider",
    "S128": "the provider or the model is switched off, or soon will be",
    "S129": "the provider does not allow a value",
    "S130": "the provider may render the same video again",
    "S131": "the provider does not make this still",
}

# What the lint finds in prompts; S29x are about suppressions.
LINT_CODES: Final[dict[str, str]] = {
    "S201": "a prompt asks for what a parameter sets",
    "S202": "a character's name is not in the prompt",
    "S203": "a character is named but not referenced",
    "S204": "a shot mixes camera set-ups",
    "S205": "a shot holds several actions at once",
    "S206": "a long prompt leaves camera, light or palette open",
    "S207": "a vague word",
    "S208": "more happens than fits the length",
    "S209": "a long clip with many actions",
    "S210": "a palette of too few or too many colours",
    "S211": "an edit asks for several changes",
    "S212": "an extension repeats the scene",
    "S213": "directions contradict each other",
    "S214": "nearly the same prompt is paid for twice",
    "S290": "a suppression without a reason",
    "S291": "a suppression that suppresses nothing",
    "S292": "a code that cannot be suppressed or set",
}

# Why a plan is not applied.
REFUSAL_CODES: Final[dict[str, str]] = {
    "S500": "the plan goes against a protection",
    "S501": "the plan changes too large a share",
    "S502": "the plan costs more than its budget",
    "S503": "the plan makes more renders than allowed",
    "S504": "the plan renders more seconds than allowed",
    "S505": "the plan has unknown prices",
}

# How much a finding of the lint matters unless `[lint] levels` says otherwise.
#
# A useless paid render is an error, wasted money a warning, advice a hint.
LEVELS: Final[dict[str, Severity]] = {
    "S201": Severity.WARNING,
    "S202": Severity.ERROR,
    "S203": Severity.WARNING,
    "S204": Severity.WARNING,
    "S205": Severity.HINT,
    "S206": Severity.HINT,
    "S207": Severity.HINT,
    "S208": Severity.WARNING,
    "S209": Severity.HINT,
    "S210": Severity.HINT,
    "S211": Severity.WARNING,
    "S212": Severity.WARNING,
    "S213": Severity.WARNING,
    "S214": Severity.WARNING,
    "S290": Severity.WARNING,
    "S291": Severity.HINT,
    "S292": Severity.WARNING,
}

# What `preflight` finds in the files that manifests name. What a server refuses is an error.
MEDIA_CODES: Final[dict[str, str]] = {
    "S220": "reference media were not checked",
    "S221": "a first frame is not a JPEG, PNG or WebP image",
    "S222": "a first frame does not have the clip's size",
    "S223": "an image's name suggests another format than the file has",
    "S224": "an image has parts that a first frame cannot show",
    "S225": "a reference file is very large",
    "S226": "a character's clip is not a video",
    "S227": "a character's clip is not H.264 in an MP4 file",
    "S228": "a character's clip is too short or too long to work well",
    "S229": "a character's clip has a shape or size that does not work well",
}

# What is wrong with files that only editors read.
EDITOR_CODES: Final[dict[str, str]] = {
    "S300": "an editor's schema is of another version",
}

# Every code with its title, in order.
ALL_CODES: Final[dict[str, str]] = {
    **CODES,
    **LIMIT_CODES,
    **LINT_CODES,
    **MEDIA_CODES,
    **EDITOR_CODES,
    **REFUSAL_CODES,
}
