"""`poe dev`.

command, flags  what is typed: a field here and in local.flags, settled in local.options
session         from the start screen to the last process ended, --exec
ending          how that comes: keys and signals
attach          --attach: the playground in front of a bot that runs elsewhere
public          --tunnel and --sync; tunnel_log: what a person reads of it
console_log     what happens, as a person reads it
json_log        the same as JSON lines
"""
