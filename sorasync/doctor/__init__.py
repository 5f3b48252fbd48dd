"""Checks of a library's provider and of this machine."""
