"""What surrounds every command: globals, exit codes, errors, signals, output."""
