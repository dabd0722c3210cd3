"""Bots that wait, go on for ever, never await, and fail; what they did is kept in LOG."""
import asyncio
import threading

import fastapi_poe as fp

LOG = []
GO_ON = asyncio.Event()
READ = threading.Event()


class Waiting(fp.PoeBot):
    """One event, then nothing until GO_ON."""

    async def get_response(self, request):
        try:
            yield fp.PartialResponse(text="first")
            await GO_ON.wait()
            yield fp.PartialResponse(text="second")
        finally:
            LOG.append("closed")


class Silent(fp.PoeBot):
    """Nothing until GO_ON; its finally block awaits before it logs."""

    async def get_response(self, request):
        try:
            await GO_ON.wait()
            yield fp.PartialResponse(text="at last")
        finally:
            await asyncio.sleep(0.01)
            LOG.append("closed")


class Endless(fp.PoeBot):
    """Twenty megabytes, and never awaits anything."""

    async def get_response(self, request):
        try:
            for _ in range(20_000):
                yield fp.PartialResponse(text="x" * 1000)
        finally:
            LOG.append("closed")


class Blocking(fp.PoeBot):
    """Blocks the whole loop after its first event, until somebody has read that one."""

    async def get_response(self, request):
        yield fp.PartialResponse(text="first")
        yield fp.PartialResponse(text=str(READ.wait(timeout=10)))


class Failing(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="so far")
        deeper()

    async def get_settings(self, setting):
        deeper()


class OwnHandler(fp.PoeBot):
    """Overrides the SDK's own method, and raises out of it."""

    async def handle_query(self, request, context):
        yield self.text_event("own")
        deeper()


def deeper():
    raise LookupError("kaput")


bots = [
    Waiting(path="/waiting"), Silent(path="/silent"), Endless(path="/endless"),
    Failing(path="/failing"), OwnHandler(path="/own"), Blocking(path="/blocking"),
    fp.PoeBot(path="/"),
]
