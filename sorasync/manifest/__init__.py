"""The manifest language: schema, loading with positions, templates, storyboards."""
