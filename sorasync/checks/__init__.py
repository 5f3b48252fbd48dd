"""Checks of finished videos: what is measured, what is allowed, and where it fails.

A file is decoded once, by another process (`worker_pool`, `worker`), and every meter looks at each of its
pictures. Nothing here knows state, plan or money.
"""

from __future__ import annotations
