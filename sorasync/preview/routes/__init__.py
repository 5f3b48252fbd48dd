"""The handlers of each group of routes."""

from __future__ import annotations
