"""The reference of every key, in Markdown, from the JSON Schemas.

`python -m sorasync.manifest.reference` in a checkout writes it to `docs/manifest.md`, and the schemas to
where this package ships them. The list of codes goes to `docs/codes.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sorasync.manifest.codes import CODES, EDITOR_CODES, LIMIT_CODES, LINT_CODES, MEDIA_CODES, REFUSAL_CODES
from sorasync.manifest.json_schema import config_schema, manifest_schema

_HEAD: Final = """\
# Every key

Made from the program's own models by `python -m sorasync.manifest.reference`; a test keeps it up to date. The
same models are the JSON Schemas that editors read: `sorasync schema --out FILE` writes one, and a first line
`#:schema ./FILE` in a TOML file tells the language server (Taplo, Even Better TOML) to use it.

Unknown keys are errors, with the nearest right spelling. Keys that begin with `x-` are ignored in every
table.
"""

_MANIFESTS: Final = """\
## Manifests

All `*.toml` under the manifests directory form one library; which file holds a declaration does not matter.
A name is declared once per kind: letters, digits, `-` and `_`, at most 64.

`{{ name }}` in a string is replaced by a variable: of `matrix`, else of the file's `[vars]`, else of the
library's. A string that is nothing but a placeholder becomes what the variable is, so that
`seconds = "{{ length }}"` is a number. `{{ '{{' }}` is two literal braces.

A clip has one beginning: `prompt`, `prompt_file`, a storyboard (`scene`, `shots`, or both, with an optional
`style`) or `from`. A clip with `from` has steps, and takes model, size, seconds, characters, image and params
from where it begins. [storyboards.md](storyboards.md) shows a whole storyboard and what becomes of it.

With several takes and no pick, `assets/NAME.mp4` is take 1 and every take is `assets/NAME/take-N.mp4`. Steps
and branches wait for the pick. `sorasync status --stage waiting` lists such clips with what each costs then.
"""

_CONFIG: Final = """\
## sorasync.toml

Every table may appear again under `[env.NAME]`, and is merged over the first when `--env NAME` is given; each
environment has its own state and assets. Placeholders work in `[defaults]`.
"""

_CODES: Final = """\
# Every code

Made by `python -m sorasync.manifest.reference`; a test keeps it up to date. A code means the same for good.
`sorasync explain CODE` shows its page: an example of the fault, one without it, and how to silence it.

In `sorasync.toml`, `[lint] ignore = ["S207"]` turns a rule of the lint off and `[lint.levels]` changes its
severity. For one line, a comment above it does: `# sorasync: ignore[S207] because REASON`.
"""
_CODE_GROUPS: Final = (
    ("Faults of the manifests", CODES),
    ("What the provider's profile cannot do", LIMIT_CODES),
    ("Lint: prompts and storyboards", LINT_CODES),
    ("Reference clips and images", MEDIA_CODES),
    ("Files for editors", EDITOR_CODES),
    ("Plans that apply refuses", REFUSAL_CODES),
)

_ORDER: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "manifest": (
        ("Clip", "[clips.NAME]"),
        ("Shot", "[[clips.NAME.shots]]"),
        ("Dialogue", "dialogue = [{ … }]"),
        ("Step", "[[clips.NAME.steps]]"),
        ("Character", "[characters.NAME]"),
        ("Defaults", "[defaults]"),
    ),
    "config": (
        ("Library", "[library]"),
        ("Provider", "[provider]"),
        ("State", "[state]"),
        ("Assets", "[assets]"),
        ("Apply", "[apply]"),
        ("Budget", "[budget]"),
        ("Safety", "[safety]"),
        ("Lint", "[lint]"),
        ("LintLimits", "[lint.limits]"),
    ),
}
_FREE: Final[dict[str, tuple[str, ...]]] = {"manifest": ("vars", "picks"), "config": ("vars", "prices")}


def reference() -> str:
    """The whole page."""
    parts = [_HEAD, _MANIFESTS, *_tables("manifest", manifest_schema())]
    parts += [_CONFIG, *_tables("config", config_schema())]
    return "\n".join(parts)


def codes_page() -> str:
    """Every code with its title, by what it is about."""
    parts = [_CODES]
    for title, codes in _CODE_GROUPS:
        rows = [f"| `{code}` | {text} |" for code, text in sorted(codes.items())]
        parts.append("\n".join([f"## {title}\n", "| code | |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def written_files() -> dict[str, str]:
    """Everything that is made from the models: text by path, relative to a checkout."""
    schemas = {"manifest": manifest_schema(), "config": config_schema()}
    return {
        "docs/manifest.md": reference(),
        "docs/codes.md": codes_page(),
        **{
            f"sorasync/manifest/schemas/{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
            for name, schema in schemas.items()
        },
    }


def _tables(kind: str, schema: dict[str, Any]) -> Iterator[str]:
    listed = {name for name, _ in _ORDER[kind]}
    missing = set(schema["definitions"]) - listed - {"Environment", "Defaults"}
    assert not missing, f"tables without a place in the reference: {missing}"
    for name, header in _ORDER[kind]:
        table = schema["definitions"][name]
        yield f"### `{header}`\n\n{_table_sentence(table)}\n"
        required = table.get("required", [])
        yield _key_rows({key: (value, key in required) for key, value in table["properties"].items()})
    for name in _FREE[kind]:
        value = schema["properties"][name]
        yield f"### `[{name}]`\n\n{value['description']}\n\n```toml\n[{name}]\n{_example(value)}\n```\n"


def _table_sentence(table: dict[str, Any]) -> str:
    """What a table is, without its name, which is the heading."""
    text = " ".join(table["description"].split())
    head, colon, rest = text.partition(": ")
    return rest[:1].upper() + rest[1:] if colon and head.startswith("`[") else text


def _key_rows(keys: dict[str, tuple[dict[str, Any], bool]]) -> str:
    lines = ["| key | type | what it is | example |", "|---|---|---|---|"]
    for key, (value, required) in keys.items():
        notes = [value["description"]]
        if required:
            notes.append("Required.")
        if value.get("default") not in (None, [], {}) and "default" not in notes[0]:
            notes.append(f"Default: `{toml(value['default'])}`.")
        examples = value.get("examples") or []
        example = f"`{key} = {toml(examples[0])}`" if examples else ""
        lines.append(f"| `{key}` | {_type(value)} | {' '.join(notes)} | {example} |")
    return "\n".join(lines) + "\n"


def _example(value: dict[str, Any]) -> str:
    return "\n".join(f"{_key_section(key)} = {toml(inner)}" for key, inner in value["examples"][0].items())


def _type(value: dict[str, Any]) -> str:
    """A type in words; that a placeholder may stand for it goes without saying."""
    choices = value.get("anyOf", []) if "type" not in value else []
    if choices:
        words = [_type(choice) for choice in choices if choice.get("pattern", "")[:1] not in ("\\", "^")]
        return " or ".join(dict.fromkeys(words)) or "string"
    if "enum" in value:
        return " or ".join(f"`{choice}`" for choice in value["enum"])
    kind = value.get("type", "table")
    if isinstance(kind, list):
        return "value"
    if kind == "array":
        return f"array of {_plural(value['items'])}"
    names = {"integer": "whole number", "object": "table", "boolean": "true or false"}
    return names.get(kind, str(kind)) + _value_range(value)


def _plural(items: dict[str, Any]) -> str:
    return "tables" if "$ref" in items else f"{_type(items)}s"


def _value_range(value: dict[str, Any]) -> str:
    low, high = value.get("minimum", value.get("exclusiveMinimum")), value.get("maximum")
    if low is None or (high is None and low == 0):
        return ""
    return f", {low:,} or more" if high is None or high >= 2**53 - 1 else f", {low:,} to {high:,}"


def toml(value: object) -> str:
    """A plain value as TOML writes it on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key_section(key)} = {toml(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key_section(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)


def main() -> None:
    """Write the files below the current directory."""
    for path, text in written_files().items():
        Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
