"""Poe's endpoints, as the local Poe serves them.

wire               what all of them read from a request, and event streams out
bot_routes         POST /bot/NAME: a bot or a script calls a bot
cost_routes        POST /bot/cost/…: authorize and capture
settings_routes    POST /bot/fetch_settings/…, /bot/update_settings/…
file_routes        uploads, and the files themselves
usage_routes       GET /usage/…: the user's points
model_routes       GET /v1/models
v1/                the same bots in the dialects of OpenAI and Anthropic
"""
