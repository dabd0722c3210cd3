"""`poe new` and `poe init`: templates, and the files of a project.

catalog          the templates that come with the package
names            what a bot and its folder may be called
private_env      the project's .env kept out of git
create           a new project planned; ``git`` fetches a template of somebody else's
hosts            where it is to run: which files that takes, and what it is called there
project_files    its files in memory; ``own_requirement`` the line that installs poecli again
writer           the same on disk, whole or not at all
existing         what can be said of a bot file that is there, for `poe init`
"""
