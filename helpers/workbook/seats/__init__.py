"""What one seat of a workshop needs, and many seats at once."""
