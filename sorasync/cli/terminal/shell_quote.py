"""Addresses as arguments of a command that somebody may paste into a shell."""

from __future__ import annotations

import shlex

# The text as one argument of a POSIX shell; left as it is where the shell would not touch it.
quoted = shlex.quote
