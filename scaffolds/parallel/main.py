"""Asks two bots at once and shows both answers as they grow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

import fastapi_poe as fp

MODELS = ("GPT-3.5-Turbo", "Claude-Instant")
SECONDS_BETWEEN_UPDATES = 0.2


class ParallelBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        answers = dict.fromkeys(MODELS, "")
        listeners = asyncio.gather(
            *(listen(request, model, answers) for model in MODELS)
        )
        shown = ""
        try:
            while shown != page(answers) or not listeners.done():
                if shown != page(answers):
                    shown = page(answers)
                    yield fp.PartialResponse(text=shown, is_replace_response=True)
                # Each update carries the whole text, so there are only a few.
                await asyncio.wait([listeners], timeout=SECONDS_BETWEEN_UPDATES)
            await listeners
        finally:
            # Also when the user pressed Stop.
            listeners.cancel()

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies=dict.fromkeys(MODELS, 1))


async def listen(request: fp.QueryRequest, model: str, answers: dict[str, str]) -> None:
    """Keeps the model's place in `answers` up to date."""
    try:
        async for part in fp.stream_request(request, model, request.access_key):
            if part.is_suggested_reply:
                continue
            if part.is_replace_response:
                answers[model] = ""
            answers[model] += part.text
    except fp.BotError:
        answers[model] += "\n\n*No more came from this bot.*"


def page(answers: dict[str, str]) -> str:
    return "\n\n".join(f"**{model}**\n\n{text}" for model, text in answers.items())


bot = ParallelBot()

if __name__ == "__main__":
    fp.run(bot)
