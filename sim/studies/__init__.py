"""Studies of circuits: accuracy against length, generators, width, encoding and faults."""
