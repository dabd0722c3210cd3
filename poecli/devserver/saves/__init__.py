"""Which changes of files are the author's saves, from the system's notice to a reload.

watcher     batches of changes: of the project, what its links lead to, modules elsewhere
polling     the same by looking again and again, where the system can't watch
links       where symbolic links lead
own_writes  what the bot itself has written, and poe
"""
