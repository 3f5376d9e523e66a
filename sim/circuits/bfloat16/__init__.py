"""Catalogue entries of the bfloat16 circuits."""
