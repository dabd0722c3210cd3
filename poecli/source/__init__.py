"""An author's Python, read without running it."""
