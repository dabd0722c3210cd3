"""Poe's server-bot protocol, pure: no sockets, files, clocks or environment.

https://creator.poe.com/docs/server-bots/poe-protocol-specification

In the order in which a turn meets them:

messages        what a query is made of; ``requests`` all that Poe sends a bot
settings        what a bot says of itself; ``attachments`` what its settings make of files
conversation    what was said in a chat, and the query that a bot gets next
sse             bytes of an answer to frames, and back
events          frames to events, and back
reply           what the events of one answer amount to, and the rules of their order
answer          the reader of answers: bytes and times in; events, a reply and violations out
rules/          what a bot must and should do, as data, and linters for settings
prices          amounts and price tags as points
limits          the figures of the protocol; ``foreign_json`` reads JSON that others wrote
"""
