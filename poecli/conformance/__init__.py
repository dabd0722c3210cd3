"""`poe check`: a bot held against the protocol, over HTTP, in whatever language it is written."""
