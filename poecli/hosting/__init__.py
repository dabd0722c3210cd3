"""The worker's side: the author's bot."""
