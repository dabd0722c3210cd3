"""The worker's side: the author's bot in a process of its own, in the order a request meets it.

process/   the process: how it starts, prepares, loads and ends, and what it says to `poe dev`
serving/   requests in, the bot's events out
finding/   from a file to the bots in it, whatever its shape
sandbox/   what keeps the bot's calls on this machine, and its files apart
author/    the author's frames and mistakes, for whoever shows them

Only this part imports fastapi_poe, which costs 40 times a bare interpreter start; devserver/ may
import what does not need it (process.messages, process.channel, serving.handover).
"""
