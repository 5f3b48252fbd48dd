"""Commands, and how things look in a terminal, in Markdown and in JSON."""
