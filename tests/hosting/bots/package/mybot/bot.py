"""A file of a package, with relative imports."""
import fastapi_poe as fp

from .words import WORD


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{WORD}: {request.query[-1].content}")
