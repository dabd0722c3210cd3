"""`poe models`."""
