"""`poe check`.

command, flags  what is typed
run             find the bot, have it checked, print the report
fix             --fix: the rules of `poe upgrade` that mend what was found
sdk_versions    --fastapi-poe: each version in an environment of its own
local_bot       a bot in a file: served, its source read, its calls to other bots noted
restarted       --restart: its own server, ended in mid-answer
chats           the conversations among its tests
explain         --explain: what a rule asks for
from_session    --from-session: a kept chat written as a test
"""
