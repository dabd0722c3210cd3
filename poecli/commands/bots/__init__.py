"""Whom a command asks.

own_bot       a bot of the project here, running or served for one command
access_keys   which key a bot may see
root          which folder is the project
"""
