"""An apply's progress and report."""
