"""make_app with name and key posts the settings to Poe on every import."""
import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = fp.make_app(EchoBot(), access_key="a" * 32, bot_name="pusher")
