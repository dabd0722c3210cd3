"""`poe sync-settings`."""
