"""Kills real processes in the middle of an apply, and looks whether anything was paid for twice or lost."""
