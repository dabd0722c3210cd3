"""The app that uvicorn serves in the container."""

from __future__ import annotations

import os

import fastapi_poe as fp
from sse_starlette.sse import AppStatus

import main

# Left to itself, sse_starlette cuts every running answer when the container gets SIGTERM.
AppStatus.enable_automatic_graceful_drain = False

# Does not start while a bot has no access key.
app = fp.make_app(main.bots, app=main.app)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ready", "build": os.environ.get("POE_BUILD", "")}
