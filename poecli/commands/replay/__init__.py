"""`poe replay`.

command, flags  what is typed
choice          which kept turns are meant, and what is expected of them
run             serve the project, ask again, compare
printers        each turn as it comes out, in the form that was asked for
"""
