"""Catalogue entries of the circuits that update parameters."""
