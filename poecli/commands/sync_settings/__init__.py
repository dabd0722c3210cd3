"""`poe sync-settings`: help (command), flags, and what they ask of settings_sync (run)."""
