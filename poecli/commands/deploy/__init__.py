"""`poe deploy`.

command, flags  what is typed
run             which bots, one deploy after the other, the exit code
helpers         what other parts do for a deploy: check, tests, probe, sync, the URL in poe.toml
show            the steps as they come, the plan of --dry-run
"""
