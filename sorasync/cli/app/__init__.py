"""The program around every command: globals, exit codes, errors, signals, where output goes."""
