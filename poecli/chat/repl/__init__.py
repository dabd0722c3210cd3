"""The conversation at a terminal.

loop            prompt and answer in turn
prompt          one line asked for; ``history`` and ``completion`` behind its keys
keyboard        keys pressed while an answer arrives
interpreter     what a line means: a command, or a message to a bot; how a conversation opens
state           what the conversation holds, and how a question is sent and shown
slash_commands  the table of commands; ``slash_actions`` what each does
settings_view   settings and parameters as lines; ``images`` and ``clipboard`` the terminal's own
"""
