"""`poe trigger`.

command, flags  what is typed
run             the body, whom it is sent to, and what the answer means for the exit code
report          the answer, and the rules that it breaks, for a person and for programs
"""
