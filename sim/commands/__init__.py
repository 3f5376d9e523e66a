"""Commands of goldstream that load more than the catalogue, one a file."""
