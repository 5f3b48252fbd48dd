"""What each provider can do and what it costs, as data."""
