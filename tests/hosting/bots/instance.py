"""An instance, made with arguments."""
import fastapi_poe as fp


class Polite(fp.PoeBot):
    def __init__(self, greeting):
        super().__init__()
        self.greeting = greeting

    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{self.greeting}, {request.query[-1].content}")


bot = Polite("good day")
