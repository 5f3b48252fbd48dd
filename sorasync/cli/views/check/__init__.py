"""What checks found in finished videos."""
