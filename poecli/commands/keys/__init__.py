"""`poe login`, `poe logout` and `poe whoami`: the API key of a user, the access keys of bots."""
