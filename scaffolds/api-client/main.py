"""A bot to try client.py with, before you have a key for bots on Poe."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp


class GreeterBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        for word in ("You ", "said: ", request.query[-1].content):
            yield fp.PartialResponse(text=word)


bot = GreeterBot()

if __name__ == "__main__":
    fp.run(bot)
