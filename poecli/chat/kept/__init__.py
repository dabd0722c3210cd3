"""Chats on disk.

recorder        keeps a chat while it happens, and never stands in its way
store           SQLite: chats, turns, events, and the search for words
archive         chats that are over: listed, found, exported
"""
