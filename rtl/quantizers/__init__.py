"""Hardware of the circuits that round an exact value."""
