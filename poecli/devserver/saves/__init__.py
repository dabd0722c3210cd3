"""Which files are watched, and which changes are the author's."""
