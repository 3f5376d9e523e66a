"""Hardware of the circuits on integral streams."""
