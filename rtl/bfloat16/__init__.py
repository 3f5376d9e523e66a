"""Hardware of the bfloat16 circuits."""
