"""A declarative reconciler for libraries of AI-generated video."""

__version__ = "0.1.0"
