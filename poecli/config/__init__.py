"""Settings and keys, each with the place it came from.

settings       one value: flag > environment > .env > poe.toml > default
values         what a value may be, wherever it was written
project        poe.toml, and in ``deploy_table`` where a bot goes; ``toml_tables`` reads any TOML,
               ``toml_lines`` finds the line of each key
builds         how a deployed bot is told its build, and tells it
target         what the author typed: the file, the name in it, the project's folder;
               ``bot_files`` which files of a folder have a bot
python/        which Python a bot runs on; ``requirements`` what its project asks for
faults         failures on request, as they are asked for
credentials    keys: found, stored, never shown; ``system_keyring`` one place for them
redaction      the one list of what is secret, and texts without it
network/       how others are reached: proxies, and whom TLS trusts
paths          a user's folders on each platform
"""
