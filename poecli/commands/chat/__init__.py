"""`poe chat`.

command         what the flags ask for; ``flags`` all of them
run             look at chats, ask once, or converse: what stands before anything slow is loaded
context         what a chat is given: its address book, and bots of this machine served for it
ask             the rest: client, store and options
"""
