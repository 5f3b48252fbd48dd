"""Watch mode on a terminal, and as JSON lines."""
