"""Addresses, keys and the graph of renders. Pure: no clock, network or disk."""
