"""Where elements lie in a buffer of the Thumb forms, and the border around them."""
