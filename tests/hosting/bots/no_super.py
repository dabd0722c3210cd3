"""An __init__ that forgets super(): it loads, and no query can work."""
import fastapi_poe as fp


class Forgetful(fp.PoeBot):
    def __init__(self):
        self.mood = "forgetful"

    async def get_response(self, request):
        yield fp.PartialResponse(text=self.mood)
