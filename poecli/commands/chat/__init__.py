"""`poe chat`."""
