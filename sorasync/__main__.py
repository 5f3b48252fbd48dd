"""`python -m sorasync`."""

from sorasync.cli.main import program

if __name__ == "__main__":
    program()
