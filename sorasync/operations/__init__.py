"""What the commands do: each operation puts the parts together for one library."""
