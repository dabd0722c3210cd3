"""fp.run at the top of the module."""
import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


fp.run(EchoBot(), allow_without_key=True)
