"""Settings and keys, each with the place it came from."""
