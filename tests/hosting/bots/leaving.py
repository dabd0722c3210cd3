import asyncio
import sys

import fastapi_poe as fp


class Odd(BaseException):
    pass


class Leaving(fp.PoeBot):
    async def get_response(self, request):
        said = request.query[-1].content
        if said == "exit":
            sys.exit(3)
        if said == "interrupt":
            raise KeyboardInterrupt
        if said == "odd":
            raise Odd("nobody catches this")
        if said == "stop":
            breakpoint()
        if said == "wait":
            await self.slow_thing()
        yield fp.PartialResponse(text="hi")

    async def slow_thing(self):
        await asyncio.sleep(6)

    async def on_feedback(self, feedback_request):
        await self.slow_thing()
