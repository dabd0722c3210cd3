"""The parent's side of `poe dev`."""
