"""Commands of goldstream that need more than the catalogue, one per file."""
