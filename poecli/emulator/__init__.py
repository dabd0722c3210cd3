"""The local Poe."""
