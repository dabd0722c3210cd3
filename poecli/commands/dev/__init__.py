"""`poe dev`."""
