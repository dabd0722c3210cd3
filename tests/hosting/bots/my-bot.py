"""A file whose name is no module name."""
import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)
