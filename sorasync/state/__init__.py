"""Records of what has been paid for, their store, its migrations and locks."""
