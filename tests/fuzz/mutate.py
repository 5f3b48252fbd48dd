"""Damage for files: what disks, editors, merges, other programs and strangers do to them. Seeded, so that a
number names the same damage for ever.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from random import Random

ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "\u202eevil",
    "e\u0301",
    "{{ ",
    "{{ city }}",
    "../../etc/passwd",
    "/dev/zero",
    "NaN",
    "1e999",
    "-1",
    "=",
    "[",
    "]]",
    '"',
    '"""',
    "\\",
    "\r",
    "\t",
    "#",
    "🦊" * 50,
    "x" * 5_000,
)
ODD_TOML = (
    "inf",
    "-inf",
    "nan",
    "9223372036854775807",
    "-9223372036854775808",
    "1e308",
    "0x7f",
    "true",
    "[]",
    "{}",
    '[[1], "a", {}]',
    '""',
    '"{{ city }}"',
    '"\\u0000"',
    "''",
    "1979-05-27T07:32:00Z",
    "1979-05-27T00:32:00.999999-07:00",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59+14:00",
    "1979-05-27",
    "07:32:00",
    '{ a = { b = [ { c = "d" } ] } }',
    '"\n"',
    "\n1",
)
ODD_VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    2**64,
    10**400,
    1e308,
    float("inf"),
    float("nan"),
    -0.5,
    [],
    {},
    [[]],
    {"a": 1},
    *ODD_TEXTS,
)
_WORDS = re.compile(rb"\w+|[^\w\s]")


def damaged(data: bytes, random: Random) -> bytes:
    """The bytes of a text with one to three things wrong."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(_WAYS)(data, random)
    return data


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _flip(data: bytes, random: Random) -> bytes:
    if not data:
        return b"\xff"
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]


def _insert(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(ODD_TEXTS).encode("utf-8", "surrogatepass") + data[at:]


def _drop(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.choice((1, 2, 10, 200)) :]


def _lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            lines[one], lines[other] = lines[other], lines[one]
        case 1:
            lines.insert(one, lines[other])
        case 2:
            del lines[one]
        case _:
            lines[one:one] = [b"<<<<<<< HEAD", lines[other], b"=======", lines[one], b">>>>>>> theirs"]
    return b"\n".join(lines)


def _value(data: bytes, random: Random) -> bytes:
    """A TOML value by another one."""
    places = [match.end() for match in re.finditer(rb"= ?", data)]
    if not places:
        return data
    at = random.choice(places)
    end = data.find(b"\n", at)
    end = len(data) if end < 0 else end
    return data[:at] + random.choice(ODD_TOML).encode() + data[end:]


def _word(data: bytes, random: Random) -> bytes:
    """A word by another one of the same text."""
    found = list(_WORDS.finditer(data))
    if not found:
        return data
    one, other = random.choice(found), random.choice(found)
    return data[: one.start()] + other[0] + data[one.end() :]


def _many(data: bytes, random: Random) -> bytes:
    """A piece of the text very often."""
    at = random.randrange(len(data) + 1)
    piece = data[at : at + random.choice((1, 3, 20))]
    return data[:at] + piece * random.choice((50, 2_000)) + data[at:]


_WAYS = (_cut, _flip, _flip, _insert, _drop, _lines, _lines, _value, _value, _word, _word, _many)


def damaged_json(data: bytes, random: Random) -> bytes:
    """JSON with values of other kinds in it, or damaged as any text."""
    if random.random() < 0.3:
        return damaged(data, random)
    document: object = json.loads(data)
    for _ in range(random.choice((1, 1, 2, 5))):
        document = _other_value(document, random)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _other_value(node: object, random: Random) -> object:
    """The document with one value in it replaced, added, or left out."""
    if not isinstance(node, dict | list) or not node or random.random() < 0.1:
        return random.choice(ODD_VALUES)
    if isinstance(node, list):
        at = random.randrange(len(node))
        if random.random() < 0.1:
            return [*node, node[at]]
        return [*node[:at], _other_value(node[at], random), *node[at + 1 :]]
    name = random.choice(sorted(node))
    if random.random() < 0.1:
        return {key: value for key, value in node.items() if key != name}
    if random.random() < 0.05:
        return node | {random.choice(ODD_TEXTS): node[name]}
    return node | {name: _other_value(node[name], random)}


def damage_database(path: Path, random: Random) -> None:
    """Damage a SQLite file: its bytes, a page of it, or single values that its own rules would forbid."""
    kind = random.randrange(3)
    if kind < 2:
        data = bytearray(path.read_bytes())
        if kind == 0:
            for _ in range(random.choice((1, 5, 50))):
                data[random.randrange(len(data))] = random.randrange(256)
        else:
            page = random.randrange(len(data) // 4096) * 4096
            data[page : page + 4096] = random.choice((bytes(4096), random.randbytes(4096)))
        path.write_bytes(bytes(data))
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for _ in range(random.choice((1, 3))):
            table = random.choice(sorted(tables))
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            value = random.choice((*ODD_VALUES, b"\xff\xfe", "{", '{"prompt": 5}', "[]", "1e400"))
            with suppress(sqlite3.Error, OverflowError, UnicodeEncodeError):
                connection.execute(f'UPDATE "{table}" SET "{random.choice(columns)}" = ?', (value,))
