"""`poe doctor`: find the first thing that stands in the way."""
