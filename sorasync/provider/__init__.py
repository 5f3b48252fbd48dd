"""The Videos API over HTTP: wire models, client, limits and errors."""
