"""`poe sync-settings`: make Poe see a bot's settings, and prove it."""
