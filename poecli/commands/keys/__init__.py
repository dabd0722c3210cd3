"""`poe login`, `poe logout`, `poe whoami`."""
