"""The dependency graph."""
