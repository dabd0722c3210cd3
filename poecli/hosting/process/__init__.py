"""The worker process: started, prepared, watched.

spawning     how a parent starts such a process, and tells its end
bootstrap    the first lines, on any Python, before poecli is there
entry        the start of the interpreter, with its garbage collector at rest
fork_server  Linux: a process that has imported the SDK and forks into workers
worker       one worker from its first message to its exit code
production   one worker of `poe serve`, the same way
channel      its end of the line to `poe dev`
messages     what the two say to each other: the dataclasses of both ends
imports      a bot's packages ahead of its load, its own files always anew
warm_up      one load and two answers of a bot of ours, before the author's
output       what the bot prints, with the turn it belongs to
watchdog     names the line that blocks the loop, or a load
"""
