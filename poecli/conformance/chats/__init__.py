"""`*.chat.toml`: conversations that a bot has to hold.

file            read, with the line of each mistake; ``writer`` makes one of a chat that was held
runner          held with a bot, turn by turn
answer          one answer, and what it lacks of what was expected
"""
