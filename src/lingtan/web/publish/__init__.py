"""Documents and what is released to the public."""
