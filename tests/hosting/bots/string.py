"""A file whose name is taken by the standard library."""
import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)
