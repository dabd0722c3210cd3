"""`poe check`."""
