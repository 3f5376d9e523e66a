"""Catalogue entries of the circuits on integral streams."""
