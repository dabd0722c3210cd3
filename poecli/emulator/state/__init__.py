"""What the local Poe remembers.

turns     the running turns of the author's bots, and which calls each may still make
costs     the user's balance
usage     what the user's queries cost
files     uploaded files, and the text that Poe reads out of them
journal   what happened, in two files of `.poe/`
"""
