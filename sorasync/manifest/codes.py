"""The codes of the manifest language: one line each, stable for good.

S120 to S139 are kept for what a provider's profile limits, S2xx for lint.
"""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    "S101": "the file is not valid TOML",
    "S102": "a file cannot be read",
    "S103": "a key is not known here",
    "S104": "a value has the wrong type or is not allowed",
    "S105": "a name is declared twice",
    "S106": "a variable is not defined, or a placeholder is malformed",
    "S107": "a reference names nothing that is declared",
    "S108": "clips start from each other",
    "S109": "a file or directory does not exist",
    "S110": "a path leads out of the library",
    "S111": "keys that exclude each other",
    "S112": "a key is missing",
    "S113": "a prompt is empty, too long or not plain text",
    "S114": "a pick names no take, or is given twice",
    "S115": "a matrix cannot be expanded",
    "S116": "a name has characters that are not allowed",
    "S117": "no such environment",
}
"""Code to title. Titles are fixed words without a user's data."""
