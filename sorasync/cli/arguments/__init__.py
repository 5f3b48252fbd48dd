"""Shared arguments and options, and their shell completion."""
