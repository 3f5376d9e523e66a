"""Hardware of the circuits that update parameters."""
