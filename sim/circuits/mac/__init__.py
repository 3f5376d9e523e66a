"""Catalogue entries of the circuits that multiply and accumulate."""
