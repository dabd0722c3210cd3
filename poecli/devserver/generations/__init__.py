"""The loaded versions of the author's code: made, current, draining, gone.

workers        the parent's handle on one worker process: its channel, its output, its end
fork_server    the handle on one fork server, and its forks (Linux)
fork_factory   workers forked of the newest fork server
worker_source  where warm workers come from: one is kept on standby
generation     one version that serves, and what its bots say of themselves
loader         from a change to a generation that may become current
reloader       which generation answers, and when the next one is made
"""
