"""Hardware of the circuits that round one exact value."""
