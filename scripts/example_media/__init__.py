"""The drawings of the example library."""
