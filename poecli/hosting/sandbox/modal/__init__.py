"""Modal, played so that a bot written for it runs without it."""
