"""Forwards the conversation to another bot on Poe, and its answer back."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp

MODEL = "GPT-3.5-Turbo"


class QueryBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        async for part in fp.stream_request(request, MODEL, request.access_key):
            yield part

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        # Poe rejects calls that are not declared: here, one per user message.
        return fp.SettingsResponse(server_bot_dependencies={MODEL: 1})


bot = QueryBot()

if __name__ == "__main__":
    fp.run(bot)
