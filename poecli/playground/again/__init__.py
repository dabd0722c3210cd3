"""A kept question asked again, and what changed.

again      Again: the last question, asked again by each new generation
compared   two answers side by side, as the page shows them
routes     what the page asks of both, and an event of Poe's sent by hand
"""
