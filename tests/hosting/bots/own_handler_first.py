"""A route of the author's that takes the bot's requests first."""
import fastapi_poe as fp
from fastapi import FastAPI


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = FastAPI()


@app.post("/{anything:path}")
def mine(anything: str):
    return "mine"


fp.make_app(EchoBot(), allow_without_key=True, app=app)
