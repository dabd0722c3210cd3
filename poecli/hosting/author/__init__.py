"""The author's frames and faults."""
