"""An app without a lifespan, around the bot's."""
import fastapi_poe as fp
import uvicorn


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


inner = fp.make_app(EchoBot(), allow_without_key=True)


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError("http only")
    await inner(scope, receive, send)


uvicorn.run(app)
