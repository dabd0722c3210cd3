"""The author's frames and mistakes.

frames        whose code a frame belongs to; tracebacks cut to the author's own
errors        errors of the author's code while it serves
mistakes      those that fastapi_poe's own frames report, without a line of the author's
sdk_features  what the bot's fastapi_poe lacks, and which version brought it
"""
