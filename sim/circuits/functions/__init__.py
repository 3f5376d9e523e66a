"""Catalogue entries of the functions of streams."""
