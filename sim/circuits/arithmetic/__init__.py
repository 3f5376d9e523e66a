"""Catalogue entries of the adders and multipliers of streams."""
