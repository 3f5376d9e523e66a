"""Hardware of the circuits that multiply and accumulate."""
