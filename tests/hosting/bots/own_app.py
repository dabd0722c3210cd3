"""A bot added to an app with routes, a mounted app and a lifespan of its own."""
from contextlib import asynccontextmanager

import fastapi_poe as fp
from fastapi import FastAPI, Request


events = []


@asynccontextmanager
async def lifespan(app):
    events.append("started")
    yield {"opened": "opened"}
    events.append("stopped")


class EchoBot(fp.PoeBot):
    async def get_response_with_context(self, request, context):
        state = context.http_request.state.opened
        yield fp.PartialResponse(text=f"{state} {events[0]}: {request.query[-1].content}")


app = FastAPI(lifespan=lifespan)
inner = FastAPI()


@app.get("/health")
def health(request: Request):
    return {"ok": True, "state": request.state.opened, "query": dict(request.query_params)}


@app.post("/hook/{name}")
async def hook(name: str, request: Request):
    return {"name": name, "body": (await request.body()).decode()}


@app.get("/fails")
def fails():
    raise RuntimeError("route failed")


@inner.get("/page")
def page():
    return "inner page"


app.mount("/inner", inner)
fp.make_app(EchoBot(path="/bot"), allow_without_key=True, app=app)
