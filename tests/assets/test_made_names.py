"""The ledger of names says the same whether it is read as JSON or, as it was written, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sorasync.assets.link_kind import Way
from sorasync.assets.made_names import NAMES_FILE, NameRow, load_ledger, named_digests, save_ledger

ROWS = {
    "kite.mp4": NameRow(f"{'a' * 64}.mp4", Way.LINK, 7, 1, 2),
    "kite/take-2.mp4": NameRow(f"{'b' * 64}.webm", Way.COPY, 8, 3, 4),
    "stills/quay.png": NameRow(f"{'c' * 64}.png", Way.SYMLINK, 9, 5, 6),
}


def written(root: Path, rows: dict[str, NameRow]) -> str:
    save_ledger(root, rows)
    return (root / NAMES_FILE).read_text()


def by_json(text: str) -> dict[str, str]:
    """What a ledger says, nothing where it is no JSON."""
    try:
        return {name: row[0][:64] for name, row in json.loads(text)["names"].items()}
    except (ValueError, TypeError, KeyError, IndexError):
        return {}


def ledgers() -> Iterator[tuple[str, str, str]]:
    """Ways in which a ledger may be another one than was written: what stands for what."""
    yield "as it was written", "", ""
    yield "a row twice", "\n}}", ',\n"kite.mp4": ["dd.mp4", "copy", 1, 1, 1]\n}}'
    yield "no comma", '4],\n"', '4]\n"'
    yield "two commas", '4],\n"', '4],,\n"'
    yield "a comma at the end", "6]\n}}", "6],\n}}"
    yield "rows in one line", '2],\n"', '2], "'
    yield "a row over two lines", '2],\n"', '2\n],\n"'
    yield "a mark in a name", "kite.mp4", "ki\\u00e9te.mp4"
    yield "a quotation mark in a name", "kite.mp4", 'ki\\"te.mp4'
    yield "a tab in a name", "kite.mp4", "ki\tte.mp4"
    yield "another name in UTF-8", "kite.mp4", "ki\N{LATIN SMALL LETTER E WITH ACUTE}te.mp4"
    yield "no digest", "a" * 64, "a" * 8
    yield "capital letters", "a" * 64, "A" * 64
    yield "a row that is too short", ', "copy", 8, 3, 4', ""
    yield "a row that is no list", '["' + "b" * 64 + '.webm", "copy", 8, 3, 4]', "5"
    yield "another layout", '"names": {\n', '"names":\n{'
    yield "half", "stills/quay", ""
    yield "nothing behind it", "\n}}\n", ""
    yield "something behind it", "\n}}\n", "\n}}\nx"


@pytest.mark.parametrize(("name", "old", "new"), list(ledgers()), ids=[name for name, _, _ in ledgers()])
def test_it_says_what_its_json_says(name: str, old: str, new: str, tmp_path: Path) -> None:
    text = written(tmp_path, ROWS)
    assert old in text
    changed = text[: len(text) // 2] if name == "half" else text.replace(old, new, 1)
    (tmp_path / NAMES_FILE).write_text(changed, encoding="utf-8")
    assert named_digests(tmp_path) == by_json(changed)


@pytest.mark.parametrize("count", [0, 1])
def test_few_names_are_read_like_many(count: int, tmp_path: Path) -> None:
    text = written(tmp_path, dict(list(ROWS.items())[:count]))
    assert named_digests(tmp_path) == by_json(text)
    assert len(by_json(text)) == count


def test_no_ledger_has_no_names(tmp_path: Path) -> None:
    assert named_digests(tmp_path) == {}


def test_the_list_of_names_may_grow_with_its_library(tmp_path: Path) -> None:
    save_ledger(tmp_path, {"boat.mp4": NameRow(f"{'f' * 64}.mp4", Way.LINK, 1, 2, 3)})
    rows = load_ledger(tmp_path)
    written = tmp_path / NAMES_FILE
    # Half a million names take as much.
    written.write_text(written.read_text().replace("{", "{" + " " * (64 << 20), 1))
    assert load_ledger(tmp_path) == rows != {}
    assert named_digests(tmp_path) == {"boat.mp4": "f" * 64}
