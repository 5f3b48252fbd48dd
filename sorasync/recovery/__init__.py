"""Whose job is this? Jobs at the provider compared with what was asked for, and what became of lost answers."""
