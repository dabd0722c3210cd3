"""Requests in, the bot's events out.

handover        a request as the gateway hands it to a worker, and as the bot is to see it
bot_server      which bot answers, and how; the author's app for all else
uvicorn_server  plain requests straight to it, others by way of uvicorn
event_stream    a bot's events as one streamed answer
production      `poe serve`: the author's app on uvicorn, counted, logged, drained
asgi_bridge     the author's app: its routes, middleware and lifespan
"""
