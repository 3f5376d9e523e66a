"""Modules that a simulator imports by themselves, without the package around them."""
