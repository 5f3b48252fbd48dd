"""Arguments and options that several commands share, and what a shell completes them with."""
