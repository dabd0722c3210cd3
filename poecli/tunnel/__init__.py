"""The author's own tunnel client, run as a child: nothing of a provider is written here.

clients   which clients there are, how each is started, and where it prints its URL
process   one that runs: its output, its URL, its end
keeper    the small program between us and it, which ends it when we end, in whatever way
"""
