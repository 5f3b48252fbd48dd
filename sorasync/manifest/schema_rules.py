"""Adds to the JSON Schemas what models cannot say: keys that need or cannot be combined, patterns.

A load checks the same with better words (`build`, `matrix`, `files`); here it is for editors. Regular
expressions are the common part of all dialects: no look-ahead.
"""

from __future__ import annotations

from typing import Any, Final

from sorasync.manifest.field_types import LONGEST_PROMPT
from sorasync.manifest.matrix import LONGEST_VALUE

_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_-]*$"
_CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_SECRET: Final = (
    r"^([aA][pP][iI][_-]?)?"
    r"([kK][eE][yY]|[tT][oO][kK][eE][nN]|[sS][eE][cC][rR][eE][tT]|[pP][aA][sS][sS][wW][oO][rR][dD])$"
)
PLACEHOLDER: Final = r"\{\{"

_BEGINNINGS: Final = ("prompt", "prompt_file", "style", "scene", "shots", "from")
STORYBOARD: Final = ("style", "scene", "shots")
NOT_WITH_FROM: Final = (
    "model",
    "provider",
    "size",
    "seconds",
    "characters",
    "image",
    "last_image",
    "workflow",
    "bind",
    "params",
)

_PROMPT: Final[dict[str, Any]] = {
    "pattern": r"\S",
    "not": {"type": "string", "pattern": _CONTROL},
    "anyOf": [{"maxLength": LONGEST_PROMPT}, {"pattern": PLACEHOLDER}],
}
_FILE: Final[dict[str, Any]] = {
    "pattern": r"\S",
    "not": {"type": "string", "pattern": r"^/|\\|^[A-Za-z]:|://|[\x00-\x1f\x7f]"},
}
_DIRECTORY: Final[dict[str, Any]] = {
    "not": {"type": "string", "pattern": r"^(/|\.\.(/|$))|\\|^[A-Za-z]:|://"}
}
_VALUE: Final[dict[str, Any]] = {
    "type": ["string", "integer", "number", "boolean"],
    "anyOf": [
        {
            "maxLength": LONGEST_VALUE,
            "pattern": r"^[^\s\[\],=#/\\]([^\[\],=#/\\\x00-\x1f\x7f-\x9f]*[^\s\[\],=#/\\])?$",
        },
        {"pattern": PLACEHOLDER},
    ],
}

# Further keywords of one key of one table.
KEYS: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("Clip", "prompt"): _PROMPT,
    ("Clip", "prompt_file"): _FILE,
    ("Clip", "image"): _FILE,
    ("Clip", "last_image"): _FILE,
    ("Still", "prompt"): _PROMPT,
    ("Still", "prompt_file"): _FILE,
    ("StillStep", "edit"): _PROMPT,
    ("Clip", "workflow"): _FILE,
    ("Still", "workflow"): _FILE,
    ("Defaults", "workflow"): _FILE,
    ("Clip", "characters"): {"uniqueItems": True},
    ("Character", "video"): _FILE,
    ("Step", "extend"): _PROMPT,
    ("Step", "edit"): _PROMPT,
    ("Audio", "file"): _FILE,
    ("Library", "manifests"): _DIRECTORY,
    ("Assets", "path"): _DIRECTORY,
}

# The matrix of a clip or still as written.
MATRIX: Final[dict[str, Any]] = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": _NAME},
    "additionalProperties": {
        "anyOf": [
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": _VALUE},
            {"type": "string", "pattern": PLACEHOLDER},
        ]
    },
}

# Further keywords of `[vars]`.
VARIABLES: Final[dict[str, Any]] = {"propertyNames": {"pattern": _NAME}}


def _without(*keys: str) -> dict[str, Any]:
    return {"properties": dict.fromkeys(keys, False)}


def _either(*keys: str) -> dict[str, Any]:
    return {"anyOf": [{"required": [key]} for key in keys]}


def _others(key: str) -> dict[str, Any]:
    own = STORYBOARD if key in STORYBOARD else (key,)
    return _without(*(other for other in _BEGINNINGS if other not in own))


# Further keywords of a table.
TABLES: Final[dict[str, dict[str, Any]]] = {
    "Clip": {
        "anyOf": [{"required": [key]} for key in _BEGINNINGS if key != "style"],
        "dependencies": {
            **{key: _others(key) for key in _BEGINNINGS},
            "from": {
                "required": ["steps"],
                "properties": {
                    **_others("from")["properties"],
                    **dict.fromkeys(NOT_WITH_FROM, False),
                    "steps": {"minItems": 1},
                },
            },
        },
    },
    "Still": {"oneOf": [{"required": [key]} for key in ("prompt", "prompt_file")]},
    "Step": {
        "oneOf": [{"required": ["extend"]}, {"required": ["edit"]}],
        "dependencies": {"edit": _without("seconds")},
    },
    "Bind": {"dependencies": {"frames": ["fps"]}},
    "Shot": {
        "anyOf": [
            {"required": [key]}
            for key in (
                "characters",
                "camera",
                "depth_of_field",
                "action",
                "lighting",
                "palette",
                "dialogue",
                "sound",
            )
        ]
    },
    "Event": {
        "oneOf": [{"required": [key]} for key in ("clip", "still", "gap", "transition")],
        "dependencies": {
            "transition": {"required": ["length"]},
            "still": {"required": ["length"]},
            "length": _either("transition", "still"),
            **{key: {"required": ["clip"]} for key in ("in", "out", "gain")},
            **{key: _either("clip", "still") for key in ("take", "scene", "shot")},
        },
    },
    "Provider": {"propertyNames": {"not": {"pattern": _SECRET}}},
    "Host": {"propertyNames": {"not": {"pattern": _SECRET}}},
}
