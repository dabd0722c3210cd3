"""HTTP/1.1 as far as two processes of ours and their clients need it; nothing of Poe is here.

heads            a request's head and an answer's, read from bytes; the headers of one connection
exchange         one request and the way back: what a handler is given, whoever serves it
server           takes plain requests itself and hands other connections to a general server
aiohttp_server   aiohttp's as that one
client           connections to a server of ours, kept for the next request
file_server      files for a bot on this machine

A general server or client costs more for a request than the rest of the gateway: measured by
tests/benchmarks/serving.py.
"""
