"""A bot on top of a model of your own: any server that speaks OpenAI's protocol."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterable
from functools import cache

import fastapi_poe as fp
import httpx
import httpx_sse

ROLES = {"system": "system", "user": "user", "bot": "assistant"}


class LlmWrapperBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        messages = [
            {"role": ROLES[message.role], "content": message.content}
            for message in request.query
            if message.role in ROLES
        ]
        try:
            async for text in complete(messages):
                yield fp.PartialResponse(text=text)
        except (httpx.HTTPError, httpx_sse.SSEError, OSError):
            yield fp.ErrorResponse(text="The model can't be reached.", allow_retry=True)


@cache
def certificates() -> ssl.SSLContext:
    """Loading them blocks the bot's other answers, so do it only once."""
    return httpx.create_ssl_context()


async def complete(messages: list[dict[str, str]]) -> AsyncIterable[str]:
    # The default is where Ollama listens; .env.example explains the variables.
    base_url = os.environ.get("LLM_BASE_URL") or "http://127.0.0.1:11434/v1"
    headers = {"Authorization": f"Bearer {os.environ.get('LLM_API_KEY') or 'none'}"}
    body = {
        "model": os.environ.get("LLM_MODEL") or "llama3.2",
        "messages": messages,
        "stream": True,
    }
    url = f"{base_url.rstrip('/')}/chat/completions"
    async with (
        httpx.AsyncClient(timeout=300, verify=certificates()) as client,
        httpx_sse.aconnect_sse(
            client, "POST", url, json=body, headers=headers
        ) as source,
    ):
        source.response.raise_for_status()
        async for event in source.aiter_sse():
            if event.data == "[DONE]":
                return
            for choice in event.json()["choices"]:
                yield choice["delta"].get("content") or ""


bot = LlmWrapperBot()

if __name__ == "__main__":
    fp.run(bot)
