"""What the commands do: one module per command, each for one library."""
