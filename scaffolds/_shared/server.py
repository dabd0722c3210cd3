"""The app that uvicorn serves in the container."""

from __future__ import annotations

import os

import fastapi_poe as fp
from sse_starlette.sse import AppStatus

from main import bot

# Left to itself, sse_starlette cuts every running answer when the container gets SIGTERM.
AppStatus.enable_automatic_graceful_drain = False

# Reads POE_ACCESS_KEY, and does not start without it.
app = fp.make_app(bot)


@app.get("/health")
async def health() -> dict[str, str]:
    # By the build `poe deploy` tells the new code from the old.
    return {"status": "ready", "build": os.environ.get("POE_BUILD", "")}
