"""A local Videos API server that draws each render as an animatic."""
