"""Catalogue entries of the stochastic integrators."""
