"""Catalogue entries of the generators."""
