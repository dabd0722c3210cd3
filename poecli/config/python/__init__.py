"""Which Python a bot runs on: that of its project, whatever Python poe itself is installed in.

choice         the one that is taken, and why: --python, poe.toml, what is found, poe's own
environments   where the tools for environments put a project's; none of them is run
interpreter    what a Python is for a bot, and the line that installs something there
"""
