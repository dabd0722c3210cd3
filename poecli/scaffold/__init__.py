"""`poe new`: templates, and the files of a new project."""
