"""make_app over several bots."""
import fastapi_poe as fp


class One(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="one: " + request.query[-1].content)


class Two(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="two: " + request.query[-1].content)


app = fp.make_app([One(path="/one"), Two(path="/two")], allow_without_key=True)
