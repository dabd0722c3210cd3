"""uvicorn.Server.serve, awaited at import."""
import asyncio

import fastapi_poe as fp
import uvicorn


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = fp.make_app(EchoBot(), allow_without_key=True)
asyncio.run(uvicorn.Server(uvicorn.Config(app)).serve())
