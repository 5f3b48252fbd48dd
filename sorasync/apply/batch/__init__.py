"""Creates sent as batches: gathered, sent, followed, and found again when their answer was lost."""
