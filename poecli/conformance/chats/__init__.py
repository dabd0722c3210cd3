"""`*.chat.toml`: conversations that a bot has to hold."""
