"""Addresses as arguments of a command that somebody may paste into a shell."""

from __future__ import annotations

import shlex

# The text as one argument of a POSIX shell, quoted only if necessary.
quoted = shlex.quote
