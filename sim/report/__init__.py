"""What is known of the circuits: results as one page, and a page for each circuit."""
