"""The local Poe: what a bot's calls to Poe find on this machine.

    platform    Platform: the whole of it, mounted by the dev server; makes the bot of each mode
    routes/     Poe's endpoints: a request in, an answer out
    bots/       what answers when a bot calls another
    state/      what is remembered: turns, balance, files, journal
    attached_files  what callers attach from servers that end with them
    faults      failures on request; refusals: how Poe says no

A call goes routes -> bots -> state, and so do the imports. All of it is told in dev_events, which
the journal hears as everybody does.
"""
