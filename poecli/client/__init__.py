"""What we ask of others, over httpx."""
