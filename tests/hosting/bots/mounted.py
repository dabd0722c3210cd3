"""make_app mounted below another app."""
import fastapi_poe as fp
from fastapi import FastAPI


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


bot_app = fp.make_app(EchoBot(), allow_without_key=True)
app = FastAPI()
app.mount("/poe", bot_app)
