"""`poe chat`: a conversation with a bot on Poe, at a URL or in a file.

In the order in which a message passes through them; what a chat is stands in `poecli.chats`:

repl/           the conversation at a terminal: prompt, commands, what a line means
output/         answers where nobody types, and how each form is printed
address_book    whom a word names: a handle, a URL, something on this machine
outbox          a question made ready: ``attachments`` as the bot gets them
local_output    what bots of this machine print and raise meanwhile
archive         chats that are over: listed, found, exported
toolbox         the functions of a file as tools of a chat
"""
