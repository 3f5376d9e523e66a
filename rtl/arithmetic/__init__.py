"""RTL of the adders and multipliers of streams."""
