"""Poe's endpoints, as the local Poe serves them.

wire               what all of them read from a request, and event streams out
bot_routes         POST /bot/NAME: a bot or a script calls a bot
chat_completions   the same in OpenAI's shape; openai_messages: its body as a query
cost_routes        POST /bot/cost/…: authorize and capture
settings_routes    POST /bot/fetch_settings/…, /bot/update_settings/…
file_routes        uploads, and the files themselves
model_routes       GET /v1/models
"""
