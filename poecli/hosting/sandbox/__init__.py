"""Nothing leaves the machine unless the author says so: set up before the author's file is loaded.

containment     all of the below, installed and taken back
poe_hosts       fastapi_poe's hosts, pointed at the local Poe
network_guard   calls to Poe by any other way: stopped, with the line that made them
server_starts   make_app, fp.run, uvicorn.run: remembered, not started
lent_key        an access key for calls of a bot that has none
modal/          Modal, played
file_writes     which files the bot writes: its data, and no save
"""
