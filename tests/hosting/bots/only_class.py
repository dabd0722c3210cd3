"""A bare subclass of PoeBot and no app."""
import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)
