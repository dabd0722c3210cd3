"""An app-wide dependency: it applies to the bot's route, too."""
import fastapi_poe as fp
from fastapi import Depends, FastAPI, HTTPException, Request


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


def needs_header(request: Request):
    if "x-needed" not in request.headers:
        raise HTTPException(428, "the header X-Needed")


app = fp.make_app(
    EchoBot(), allow_without_key=True, app=FastAPI(dependencies=[Depends(needs_header)])
)
