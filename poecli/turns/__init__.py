"""The turns that `poe dev` kept: what was asked, called and answered, enough to ask again.

    kept      KeptTurn and its parts: what a reader gets
    reading   the turns of a project, one by one; found by number or id

Readers need no running server.
"""
