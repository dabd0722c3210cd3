"""What Modal 1.x wants otherwise than Modal of 2024.

names      Stub, web_endpoint, the variable that is deployed
arguments  of @app.function and @app.cls; inputs at once
files      mounts, copied files, variables of an image
modules    the author's own modules
objects    volumes, dicts, functions by their names; GPUs
limits     how long an answer may take, how many users at once
secret     through which a function gets the bot's key
"""
