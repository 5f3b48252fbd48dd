"""Whose job is this? Jobs compared with what was asked for, and what became of lost answers."""
