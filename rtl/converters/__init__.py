"""Hardware of the converters between numbers and streams."""
