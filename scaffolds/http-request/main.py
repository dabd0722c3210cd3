"""Reads the HTTP request behind the message."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp


class HttpRequestBot(fp.PoeBot):
    async def get_response_with_context(
        self, request: fp.QueryRequest, context: fp.RequestContext
    ) -> AsyncIterable[fp.PartialResponse]:
        http = context.http_request
        yield fp.PartialResponse(text=f"Poe reached me at `{http.url.path}`.\n\n")
        for name, value in http.query_params.multi_items():
            yield fp.PartialResponse(text=f"- query parameter `{name}`: {value}\n")
        if not http.query_params:
            yield fp.PartialResponse(text="There are no query parameters.")


bot = HttpRequestBot()

if __name__ == "__main__":
    fp.run(bot)
