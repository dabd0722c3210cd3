"""The API key of a user and the access keys of bots: `poe login`, `logout`, `whoami`, `usage`."""
