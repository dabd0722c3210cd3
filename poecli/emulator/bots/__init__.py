"""The bots of the local Poe: what answers when a bot calls another.

upstream         the interface: a call in, events out
dispatcher       dependencies, mode and faults of each call; reports it
faults           failures on request
modes            NAME=MODE as typed; mode_files checks what a mode points to
mock_bot         the default: shows what it received; mock_tools calls tools with
                 the arguments of tool_arguments
scripted_bot     answers from a file read by script_file
local_bots       another bot of the project
live_bot         the real bot; cassette_bots records and replays it in a cassette
"""
