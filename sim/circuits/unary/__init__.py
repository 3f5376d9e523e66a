"""Catalogue entries of race logic, sigma-delta encoding and early decisions."""
