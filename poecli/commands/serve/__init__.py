"""`poe serve`: help (command) and flags."""
