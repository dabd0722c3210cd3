"""The plain one: an app at the top of the module."""
import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = fp.make_app(EchoBot(), access_key="a" * 32)
