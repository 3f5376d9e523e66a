"""RTL of race logic, of sigma-delta encoding, and of decisions that end early."""
