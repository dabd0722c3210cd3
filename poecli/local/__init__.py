"""The author's project served on this machine: dev server and local Poe as one thing.

    flags      LocalFlags: what can be asked of it, beside poe.toml
    options    flags, environment, .env and poe.toml settled: LocalOptions
    poes_own_bots  those that ask the real Poe, or a mock in their place
    project    the door: `async with local_project(options, listener) as project`
    attached   the playground in front of a bot server that runs elsewhere
    asking/    a kept question asked once more, an event of Poe's sent by hand
    tunnel     a public URL for the bots: the door, the author's client, the proof from outside
    replaying  the project asked again what it was asked: `async with replaying(options, listener)`
    controls   the local Poe set otherwise while it runs, and in poe.toml (toml_edit)
    settings_view  the bots' settings as Poe takes them, against the last sync; heard_calls: against
                   the calls that they made
    running    the `poe dev` that runs for a project, found by other commands
    settings   the settings of bots that are started for this alone, each file once
    sdk_environments  the project's Python with another fastapi_poe
    pip_errors        why pip or uv did not install one

`poe dev`, `poe chat FOLDER` and `poe check FOLDER` come in by the door, `poe sync-settings` and
`poe doctor` by `settings`; pytest's `poe_dev` runs `poe dev` in a process of its own, which no loop
or patch of a test can reach. devserver/ and emulator/ meet here and nowhere else: each hears what
the other saw, in the words of dev_events.
"""
