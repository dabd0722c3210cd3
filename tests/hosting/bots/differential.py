"""A server that behaves in every way the differential test asks about."""
import asyncio
import json

import fastapi_poe as fp
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from sse_starlette.sse import ServerSentEvent

KEY = "k" * 32


async def many(request, context):
    for number in range(300):
        yield fp.PartialResponse(text=f"{number} ")


async def waits(request, context):
    yield fp.PartialResponse(text="before")
    await asyncio.sleep(0.7)
    yield fp.PartialResponse(text="after")


async def every_event(request, context):
    yield fp.MetaResponse(text="", content_type="text/plain", suggested_replies=True)
    yield fp.PartialResponse(text="draft")
    yield fp.PartialResponse(text="final", is_replace_response=True)
    yield fp.PartialResponse(
        text="see it",
        attachment=fp.Attachment(url="https://x.org/a", content_type="text/plain", name="a"),
    )
    yield fp.DataResponse(metadata="state")
    yield fp.PartialResponse(text="more?", is_suggested_reply=True)


async def errors(request, context):
    yield fp.ErrorResponse(text="no", allow_retry=False, error_type="user_caused_error")
    yield fp.PartialResponse(text="and yet")


async def raises(request, context):
    raise ValueError("kaput")
    yield


async def raises_later(request, context):
    yield fp.PartialResponse(text="so far")
    raise KeyError("later")


async def poor(request, context):
    yield fp.PartialResponse(text="so far")
    raise fp.InsufficientFundError


async def nothing(request, context):
    return
    yield


async def raw(request, context):
    yield ServerSentEvent(event="text", data=json.dumps({"text": "a"}), id="7", retry=100)
    yield ServerSentEvent(comment="a comment")
    yield ServerSentEvent(event="json", data='{"choices":\n[]}')
    yield ServerSentEvent(event="text", data=json.dumps({"text": "b"}), sep="\n")
    yield ServerSentEvent(data="nameless")


async def unicode(request, context):
    yield fp.PartialResponse(text="Grüße 👋 \u2028 \x00 \r\n end")


async def yields_a_string(request, context):
    yield "just text"


async def refuses(request, context):
    raise HTTPException(418)
    yield


async def tells_the_request(request, context):
    http = context.http_request
    yield fp.PartialResponse(
        text=json.dumps(
            {
                "method": http.method,
                "url": str(http.url),
                "params": dict(http.query_params),
                "cookies": http.cookies,
                "odd": http.headers.getlist("x-odd"),
                "type": http.headers.get("content-type"),
                "client": http.client.host,
                "length": len(await http.body()),
                "same": (await http.json())["user_id"] == request.user_id,
                "title": http.app.title,
                "keys": [request.access_key, request.api_key],
            }
        )
    )


BEHAVIOURS = {
    function.__name__: function
    for function in (
        many, waits, every_event, errors, raises, raises_later, poor, nothing, raw, unicode,
        yields_a_string, refuses, tells_the_request,
    )
}  # fmt: skip


class Bot(fp.PoeBot):
    async def get_response_with_context(self, request, context):
        text = request.query[-1].content
        behaviour = BEHAVIOURS.get(text)
        if behaviour is None:
            yield fp.PartialResponse(text=f"{len(request.query)} {text[:50]}")
            return
        if behaviour is poor:
            self.get_response = lambda request: poor(request, context)
            async for event in super().get_response_with_context(request, context):
                yield event
            return
        async for event in behaviour(request, context):
            yield event

    async def get_settings(self, setting):
        return fp.SettingsResponse(allow_attachments=True, introduction_message="hé")


class Broken(fp.PoeBot):
    async def get_settings(self, setting):
        raise RuntimeError("no settings")

    async def on_feedback(self, feedback_request):
        raise HTTPException(418, "teapot", {"X-Tea": "green"})

    async def on_reaction_with_context(self, reaction_request, context):
        raise RuntimeError("no reaction")

    async def on_error(self, error_request):
        raise RuntimeError("no error")


app = FastAPI(title="mine")


@app.get("/health")
def health():
    return {"ok": True}


@app.post("/body")
async def body(request: Request):
    return Response(await request.body(), media_type="text/x-mine", headers={"X-Mine": "1"})


@app.get("/cookies")
def cookies():
    response = Response(status_code=204)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@app.get("/stream")
def stream():
    return StreamingResponse((f"{n}\n" for n in range(3)), media_type="text/plain")


@app.get("/fails")
def fails():
    raise RuntimeError("route failed")


fp.make_app(
    [
        Bot(path="/"),
        Bot(path="/keyed", access_key=KEY),
        Broken(path="/broken"),
        Bot(path="/deep/er"),
    ],
    allow_without_key=True,
    app=app,
)
