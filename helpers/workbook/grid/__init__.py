"""Many parameter sets at once, and the page that compares them."""
