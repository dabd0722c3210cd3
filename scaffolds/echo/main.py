"""The smallest bot: it repeats what you said."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text=request.query[-1].content)


bot = EchoBot()

if __name__ == "__main__":
    fp.run(bot)
