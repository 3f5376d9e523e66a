"""The demonstration, and studies that draw pictures."""
