"""How kernels are compiled, and instructions that Numba does not offer."""
