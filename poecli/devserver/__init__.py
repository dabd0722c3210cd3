"""The parent's side of `poe dev`: it owns the port and never imports the author's code.

server         DevServer: builds what is below, and hears it
front          the port; guard: who may ask what; control: our own routes
tunnel_door    the other port, for a tunnel: of all that is served, only the bots
gateway        a request to a bot: read whole, handed to a generation, its answer passed on
delivery       how Poe was seen to deliver a message, rehearsed on request
trace          what passes, read beside the stream: turns and broken rules as events
generations/   loaded versions of the author's code: prepare, swap, drain
saves/         which changes of files are the author's
debug_relay    one debugger's port for all generations
server_trouble what aiohttp and the loop complain of, in a line each
"""
