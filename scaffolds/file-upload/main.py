"""Lets users attach files, which Poe reads for the bot."""

from __future__ import annotations

from collections.abc import AsyncIterable

import fastapi_poe as fp

MODEL = "Claude-Instant"


class FileUploadBot(fp.PoeBot):
    async def get_response(
        self, request: fp.QueryRequest
    ) -> AsyncIterable[fp.PartialResponse]:
        # fastapi_poe has put a user message with each file's content before the last
        # message. Models that expect user and bot to alternate need them merged.
        turns = self.make_prompt_author_role_alternated(request.query)
        joined = request.model_copy(update={"query": list(turns)})
        async for part in fp.stream_request(joined, MODEL, request.access_key):
            yield part

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(
            server_bot_dependencies={MODEL: 1},
            allow_attachments=True,
            # Text files, PDFs and the like arrive with their text,
            expand_text_attachments=True,
            # and a picture with a description of what is on it, one for each message.
            enable_image_comprehension=True,
        )


bot = FileUploadBot()

if __name__ == "__main__":
    fp.run(bot)
