"""`poe turns`.

command   what the flags ask for; ``flags`` all of them
listing   turns as rows, found by words
showing   one turn, whole; turns as JSON
changing  turns exported to a file, and removed
"""
