"""A main block that serves nothing: it must not run."""
import asyncio

import fastapi_poe as fp


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="echo: " + request.query[-1].content)


async def chat():
    raise SystemExit("the script was run")


if __name__ == "__main__":
    asyncio.run(chat())
