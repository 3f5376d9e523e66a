"""Catalogue entries of the circuits that change or use the correlation of streams."""
