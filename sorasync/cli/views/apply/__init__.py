"""An apply while it runs and how it ended."""
