"""Hardware of invertible logic."""
