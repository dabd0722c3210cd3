"""Chats that are asked, kept and gone on with: those of `poe chat`, and of the playground.

session     one chat: each question asked, with rounds of tools; taken back, forked, resumed
turns       questions and answers; ``timeline`` when each event arrived
recorder    keeps a chat while it happens, and never stands in its way
store       SQLite: chats, turns, events, and the search for words; ``schema`` the tables
"""
