"""`poe check`: a bot checked against the protocol, over HTTP, in whatever language it is written.

runner          the probes against one bot, as often as asked
probes/         what a bot is asked, and how its answers are judged
chats/          conversations that a bot has to pass, from `*.chat.toml`
replays/        kept turns that are asked again, for `poe replay`
dependencies    the bots it really called, against those it declares
source_traps    mistakes that a Python bot's source shows; ``project_file`` those of poe.toml
hosts/          what its host allows an answer, and whether a restart cuts it
results         for each rule a fault, a pass, or why it was not tested
reports/        the outcome for people and programs
"""
