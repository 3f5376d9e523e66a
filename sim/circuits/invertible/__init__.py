"""Catalogue entries of invertible logic."""
