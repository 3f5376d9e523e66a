"""RTL of the functions of streams that are no saturating state machines."""
