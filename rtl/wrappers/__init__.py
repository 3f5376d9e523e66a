"""Bus interfaces around any circuit, derived from its ports alone."""
