"""From a file to the bots in it."""
