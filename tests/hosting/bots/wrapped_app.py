"""An app wrapped in middleware by hand."""
import fastapi_poe as fp
import uvicorn
from starlette.middleware.cors import CORSMiddleware


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


app = CORSMiddleware(fp.make_app(EchoBot(), allow_without_key=True), allow_origins=["*"])
uvicorn.run(app)
