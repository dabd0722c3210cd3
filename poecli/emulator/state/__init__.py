"""What the local Poe remembers."""
