"""Traps of where a bot runs, as its project shows them.

look              a project's folder: every file below, read
modal_functions   Modal's decorators in Python
image             the Dockerfile, and other files with the command that serves the bot
platforms         fly.toml, render.yaml, service.yaml
start             the command that is run where the bot is deployed, on a port of ours
restart           the same, started and ended in mid-answer; ``long_answer`` is what it answers
"""
