"""A key read from the environment at import."""
import os

import fastapi_poe as fp

KEY = os.environ["A_VARIABLE_OF_MINE"]


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


bot = EchoBot()
