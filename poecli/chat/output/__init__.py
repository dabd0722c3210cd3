"""Answers printed.

stdin           the message of a question in a pipe
one_shot        one question, one answer
formats         the ways of printing: text, live text, code, JSON
live            an answer on a terminal, while it arrives
saved_files     files that a bot sent, on disk
"""
