"""What a user's queries cost: asked for page by page (history), summed and laid out (table)."""
