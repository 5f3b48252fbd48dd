"""The rows of the state."""
