"""Hardware that serves every circuit of a base class."""
