"""The turns that `poe dev` kept: what was asked, called and answered, enough to ask again.

    reading   the turns of a project, one by one; found by number or id; of an exported file
    kept      KeptTurn and its parts: what a reader gets
    exporting turns in a file of their own, with their files
    chat_toml a conversation as a test
    assembly  the lines of one file put together to turns
    writing   TurnWriter: appends to the journal, and puts it aside when it is large
    journal   the files of `.poe/`: which there are, in which order, and what is dropped when
    records   a turn's parts <-> the objects of journal lines; pure
    wire      a query's head, and how its JSON was written: its bytes, but for keys
    bodies    a conversation's bodies, each as what was added to the one before; pure
    removal   turns taken out of the journal
    files     what stands in `.poe/files`, by URL
    comparable what of a call's request decides its answer; pure
    comparison two answers to one question, and all that differs; pure. ``words`` shows it in a text

Readers need no running server. The writer is the emulator's: it knows when something happened
(emulator/state/journal.py).
"""
