"""Requests in, the bot's events out."""
