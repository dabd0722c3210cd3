"""Raw ServerSentEvents, and the old names."""
import json

import fastapi_poe as fp
from fastapi_poe.client import BotMessage, MetaMessage
from sse_starlette.sse import ServerSentEvent


class RawBot(fp.PoeBot):
    async def get_response(self, request):
        yield MetaMessage(text="", content_type="text/plain", suggested_replies=True, linkify=True)
        yield ServerSentEvent(event="text", data=json.dumps({"text": "raw: "}))
        yield BotMessage(text=request.query[-1].content)
        yield ServerSentEvent(event="suggested_reply", data=json.dumps({"text": "more"}))
