"""Kept turns as tests: each asked again, and the new answer held against the old one.

What differs says `turns.comparison`.

like         --like: an answer held against what a ``*.chat.toml`` names, not against letters
replayed     how one turn came out, for every report
"""
