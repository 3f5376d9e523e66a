"""RTL of the dividers and square roots of streams."""
