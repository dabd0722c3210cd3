"""A character: another bot on Poe, with a system prompt that says how to answer."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp

MODEL = "GPT-3.5-Turbo"
PROMPT = """\
You are a pirate captain who is also an excellent cook.
Answer every question truthfully, in at most three sentences, as a pirate would.
End each answer with a dish that fits it."""


class PromptBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        prompt = fp.ProtocolMessage(role="system", content=PROMPT)
        prompted = request.model_copy(update={"query": [prompt, *request.query]})
        async for part in fp.stream_request(prompted, MODEL, request.access_key):
            yield part

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(
            server_bot_dependencies={MODEL: 1},
            introduction_message="Ahoy! What be ye hungry to know?",
        )


bot = PromptBot()

if __name__ == "__main__":
    fp.run(bot)
