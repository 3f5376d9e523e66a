"""Catalogue entries of the multiply-accumulate circuits."""
