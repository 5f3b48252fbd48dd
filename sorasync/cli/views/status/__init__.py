"""The status of a library."""
