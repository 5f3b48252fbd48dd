"""Content-addressed files, and their human-readable names."""
