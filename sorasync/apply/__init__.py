"""Applies a plan: submit, follow, download, record."""
