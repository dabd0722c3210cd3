"""A base class and the one that refines it."""
import fastapi_poe as fp


class Base(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="base: " + request.query[-1].content)


class Refined(Base):
    async def get_response(self, request):
        async for part in super().get_response(request):
            yield fp.PartialResponse(text="refined " + part.text)
