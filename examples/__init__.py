"""The demonstration, and studies that write tables and pictures."""
