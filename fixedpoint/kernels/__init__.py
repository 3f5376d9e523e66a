"""How kernels are compiled, and the instructions that Numba does not offer by itself."""
