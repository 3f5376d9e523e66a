"""Catalogue entries of the circuits with a counter that feeds a stream."""
