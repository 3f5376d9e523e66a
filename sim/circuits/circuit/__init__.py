"""Catalogue entries of what the contract itself offers."""
