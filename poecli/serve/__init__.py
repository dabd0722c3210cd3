"""A bot in production: its workers, and their turn at answering.

options      what is served, and how
supervisor   the workers: started, replaced one by one, drained
worker       the parent's handle on one
"""
