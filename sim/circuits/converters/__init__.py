"""Catalogue entries of the converters between numbers and streams."""
