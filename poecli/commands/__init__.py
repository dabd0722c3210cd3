"""The door, and a file a command, or a folder where it has several.

app       the front door: `--version`, else run
run       one command line to its exit code; every error is shown here
catalog   the names, groups and summaries of all commands, as data
overview  `poe --help`, from the catalog
situation a bare `poe`: what is here, and what to type next
usage     what was typed wrong, with the near word
tree      a catalog entry as a command: Typer's and Click's only place beside options
options   a command's flags, written once: the fields of a dataclass
help, completions, doctor, init, models   a command each
keys/     login, logout, whoami
new/  upgrade/  dev/  chat/  check/  sync_settings/   command (flags and help), then what it does
bug_report  what is saved and said when the error is our own

A command's function takes the console and its flags. What only its work needs is imported inside
it, so that `--help` and a TAB stay fast.
"""

# Here, because `poe --version` may import nothing else.
VERSION_FLAGS = ("--version", "-V")
