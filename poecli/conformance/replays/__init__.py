"""Kept turns as tests: each asked again, and the new answer held against the old one.

comparison   two answers, and all that differs; ``words`` shows it in a text
like         --like: an answer held against what a ``*.chat.toml`` names, not against letters
replayed     how one turn came out, for every report
"""
