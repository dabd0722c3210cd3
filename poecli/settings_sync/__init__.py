"""`poe sync-settings`: make Poe see a bot's settings, and prove it.

bots        which bots are meant, and the access key of each
sync        one bot after the other: read, compare, tell Poe, read its answer, record
sources     the settings, from the deployed or the local bot, and what is wrong with them
drift       what was synced last (poe.lock.json), and what changed since
poe_answer  what Poe's answer means: the settings it stored, or the possible causes of a failure
            (the message of each refusal is client.platform_api's)
result      what a sync came to, printed for a person or as JSON
"""
