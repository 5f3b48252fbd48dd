"""Cuts in a terminal and in JSON."""
