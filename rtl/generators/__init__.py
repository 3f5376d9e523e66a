"""RTL of the generators."""
