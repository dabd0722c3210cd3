"""Takes part in a chat with several bots and knows who said what."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp


class MultiBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(text="This is what I have read so far:\n\n")
        for message in request.query:
            first_line = message.content.partition("\n")[0][:80]
            yield fp.PartialResponse(text=f"- **{speaker(message)}**: {first_line}\n")

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        # With this, Poe also sends what other bots in the chat said.
        return fp.SettingsResponse(enable_multi_entity_prompting=True)


def speaker(message: fp.ProtocolMessage) -> str:
    """A bot's messages carry its name, a user's only in a chat of several users."""
    if message.sender and message.sender.name:
        return message.sender.name
    return {"user": "you", "bot": "a bot"}.get(message.role, message.role)


bot = MultiBot()

if __name__ == "__main__":
    fp.run(bot)
