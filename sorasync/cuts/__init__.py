"""Cuts: clips put together as a film, and handed over to editing programs."""
