"""Two bots on a FastAPI app that has routes of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable

import fastapi_poe as fp
from fastapi import FastAPI

app = FastAPI()


@app.get("/bots")
async def served() -> dict[str, list[str]]:
    return {"bots": [bot.path for bot in bots]}


class ShoutBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text=request.query[-1].content.upper())


class WhisperBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text=request.query[-1].content.lower())


# Each bot has its own path and access key.
bots = [
    ShoutBot(path="/shout", access_key=os.environ.get("POE_ACCESS_KEY") or None),
    WhisperBot(path="/whisper", access_key=os.environ.get("WHISPER_KEY") or None),
]

if __name__ == "__main__":
    fp.run(bots, app=app)
