"""A request of Poe's, made by hand.

bodies   the body of each event, believable as it is
paths    what --set and --remove change in it
"""
