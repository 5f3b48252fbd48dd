"""What is installed from the built distributions."""
