"""An app with middleware: every request passes through it."""
import fastapi_poe as fp
from fastapi import FastAPI


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = FastAPI()


@app.middleware("http")
async def stamp(request, call_next):
    response = await call_next(request)
    response.headers["X-Stamp"] = "seen"
    return response


fp.make_app(EchoBot(), allow_without_key=True, app=app)
