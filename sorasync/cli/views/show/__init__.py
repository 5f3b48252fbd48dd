"""One address: what is declared, rendered and planned, and why."""
