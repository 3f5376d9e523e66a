"""Data files; their licences lie beside them."""
