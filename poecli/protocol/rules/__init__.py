"""What a bot must do and should do.

rule             the type: id, level, sentence, fix, source, topic
answer_rules     the event stream of an answer, its times and limits
http_rules       keys, statuses, odd requests
settings_rules   the answer to a settings request, declared dependencies
control_rules    parameter_controls
python_rules     mistakes seen in the source of a Python bot
host_rules       what the host allows an answer, and what becomes of it at a restart
catalog          all of them by id
settings_lint    applies settings_rules and control_rules to a settings answer,
controls_lint    and to the parameter_controls in it

The rules of an answer are applied by `protocol.reply`; by `conformance` those of times and sizes of
files, of exceptions that escape, of HTTP, of Python and of hosts.
"""
