"""Content-addressed files with human names on top."""
