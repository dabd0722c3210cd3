"""Poe's server-bot protocol, pure: no sockets, files, clocks or environment.

https://creator.poe.com/docs/server-bots/poe-protocol-specification
"""
