"""Cuts: their films and what is written for editing programs."""
