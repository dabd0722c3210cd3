"""`*.chat.toml`: conversations that a bot has to hold.

file            read, with the line of each mistake; turns.chat_toml writes one
runner          held with a bot, turn by turn
answer          one answer, and what it lacks of what was expected
"""
