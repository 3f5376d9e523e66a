"""Training runs: configuration, training loop, records, and folders that resume."""
