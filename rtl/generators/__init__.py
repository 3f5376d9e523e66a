"""Hardware of the generators."""
