"""Workers, from a process that waits to the one that answers."""
