"""`poe new`."""
