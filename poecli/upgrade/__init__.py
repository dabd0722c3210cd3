"""`poe upgrade`: what an old bot needs for today's fastapi_poe, Modal and Python.

project      a folder's files: found, upgraded, written
python_code  one Python file under all rules; ``codemod`` what these share, ``imports`` new ones
surroundings what other files of the folder have to do with it
rules/       the rules, each with where it is written down
requirements versions that exist together: requirements.txt, pyproject.toml, texts in code
rule         the type of one; ``outcome`` what it did: edits, and notes for what is not safe
diff         a change as git shows it, without keys

libcst is imported here and nowhere else: half a second that only this command takes.
"""
