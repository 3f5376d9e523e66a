"""Hardware of the stochastic integrators."""
