"""`poe upgrade`.

command, flags  what is typed
run             choose files and rules, have them upgraded
show            the diff, the rules behind it, and what is left to the author
"""
