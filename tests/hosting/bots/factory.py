"""A create_app() factory; nothing happens at import."""
from fastapi_poe import PartialResponse, PoeBot, make_app


class EchoBot(PoeBot):
    async def get_response(self, request):
        yield PartialResponse(text="echo: " + request.query[-1].content)


def create_app():
    return make_app(EchoBot(), allow_without_key=True)
