"""Fixed-point arithmetic, bit for bit as hardware does it."""
