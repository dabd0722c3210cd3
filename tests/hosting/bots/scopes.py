"""Bots that say what they see of a request: plain, mounted, behind middleware, with a lifespan."""
import contextlib
import json

import fastapi_poe as fp
from fastapi import Depends, FastAPI, Request

SHAPE = "plain"  # a test writes another one here


def seen(value, depth=0):
    if isinstance(value, dict):
        return {str(key): seen(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [seen(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return type(value).__name__


async def of_the_request(http: Request):
    return {
        "scope": seen(dict(http.scope)),
        "url": str(http.url),
        "base_url": str(http.base_url),
        "client": list(http.client),
        "path_params": http.path_params,
        "cookies": http.cookies,
        "headers": http.headers.items(),
        "state": seen(http.state._state),
        "disconnected": await http.is_disconnected(),
        "body": len(await http.body()),
        "again": [len(chunk) async for chunk in http.stream()],
        "url_for": str(http.url_for("named")) if SHAPE != "plain" else "",
    }


class Seeing(fp.PoeBot):
    async def get_response_with_context(self, request, context):
        try:
            told = await of_the_request(context.http_request)
        except Exception as error:
            told = {"raised": repr(error)}
        yield fp.PartialResponse(text=json.dumps(told))


@contextlib.asynccontextmanager
async def lifespan(app):
    yield {"opened": "in the lifespan"}


def make():
    if SHAPE == "plain":
        return fp.make_app(Seeing(), allow_without_key=True)
    options = {}
    if SHAPE == "lifespan":
        options["lifespan"] = lifespan
    if SHAPE == "dependencies":
        options["dependencies"] = [Depends(noted)]
    app = FastAPI(**options)

    @app.get("/named")
    def named(request: Request):
        return seen(dict(request.scope))

    if SHAPE == "middleware":

        @app.middleware("http")
        async def add(request, call_next):
            request.state.host = request.client.host
            response = await call_next(request)
            response.headers["X-Host"] = request.client.host
            return response

    if SHAPE == "mounted":
        inner = fp.make_app(Seeing(), allow_without_key=True)
        inner.get("/named2", name="named")(lambda: None)
        app.mount("/inner", inner)
        return app
    return fp.make_app(Seeing(), allow_without_key=True, app=app)


async def noted(request: Request):
    request.state.noted = request.client.host


app = make()
