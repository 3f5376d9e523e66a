"""RTL of the converters between numbers and streams."""
