"""Checks reference clips and images before money is spent on renders that use them.

Knows manifests, the graph and profiles. Pillow and PyAV belong to the extra `preview`; without them nothing
is looked at, and a hint says so.
"""

from __future__ import annotations

from sorasync.preflight.check_references import check_media

__all__ = ["check_media"]
