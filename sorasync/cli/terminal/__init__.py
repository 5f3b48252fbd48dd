"""What fits, what is safe to print, and how amounts read, on a terminal and in Markdown."""
