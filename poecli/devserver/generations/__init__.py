"""The loaded versions of the author's code: made, current, draining, gone.

workers        the parent's handle on one worker process: its channel, its output, its end
fork_server    workers forked of a process that has imported the SDK (Linux)
worker_source  where warm workers come from: one is kept on standby
generation     one version that serves, and what its bots say of themselves
loader         from a change to a generation that may become current
reloader       which generation answers, and when the next one is made
"""
