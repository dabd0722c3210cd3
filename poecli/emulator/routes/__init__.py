"""Poe's endpoints, as the local Poe serves them."""
