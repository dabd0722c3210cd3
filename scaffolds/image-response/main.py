"""Answers with a picture, as Markdown."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp

IMAGE_URL = "https://www.python.org/static/img/python-logo.png"


class ImageBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        yield fp.PartialResponse(
            text=f"Here is a picture: ![The Python logo]({IMAGE_URL})"
        )


bot = ImageBot()

if __name__ == "__main__":
    fp.run(bot)
