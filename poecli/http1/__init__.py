"""HTTP/1.1 as far as we need it, knowing nothing of Poe."""
