"""The bots of the local Poe: what answers when a bot calls another.

upstream         the interface: a call in, events out
dispatcher       dependencies, mode and faults of each call; reports it
modes            NAME=MODE as typed, and a check of what a mode points to
latency          how long an answer takes, for all that answer on this machine
mock_bot         the default: shows what it received; mock_tools calls tools with
                 the arguments of tool_arguments
scripted_bot     answers from a file read by script_file
local_bots       another bot of the project
frozen           the answers of kept turns that are asked again
poe_bots         the real Poe: live, recorded and replayed by a cassette
"""
