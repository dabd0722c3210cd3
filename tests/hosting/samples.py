"""Bots of the shapes that public samples have, in words of our own; each is a whole main.py.

They are loaded here and, for comparison, as their own deployment loads them: the module imported,
and what Modal or uvicorn would serve built.
"""

from __future__ import annotations

_BOT = """
import fastapi_poe as fp

class Sample(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{request.query[-1].content}!")
"""
_MODAL = """
import modal

REQUIREMENTS = ["fastapi-poe==0.0.48", "openai"]
image = modal.Image.debian_slim().pip_install(*REQUIREMENTS)
"""

SAMPLES = {
    "modal app, bot made inside": f"""{_BOT}{_MODAL}
app = modal.App("sample")

@app.function(image=image)
@modal.asgi_app()
def fastapi_app():
    return fp.make_app(Sample(), allow_without_key=True)
""",
    "names from modal": f"""{_BOT}
from modal import App, Image, asgi_app

app = App(name="sample", image=Image.debian_slim())

@app.function()
@asgi_app()
def fastapi_app():
    bot = Sample()
    app = fp.make_app(bot, allow_without_key=True)
    return app
""",
    "image with environment": f"""{_BOT}{_MODAL}
import os
app = modal.App("sample")

@app.function(image=image.env({{"POE_ACCESS_KEY": "k" * 32}}))
@modal.asgi_app()
def fastapi_app():
    return fp.make_app(Sample(), access_key=os.environ.get("POE_ACCESS_KEY", "k" * 32))
""",
    "several functions": f"""{_BOT}{_MODAL}
app = modal.App("sample")

@app.function(image=image, timeout=120)
def work(words: str) -> str:
    return words.upper()

@app.function(image=image)
@modal.asgi_app()
def fastapi_app():
    return fp.make_app(Sample(), allow_without_key=True)
""",
    "a schedule beside it": f"""{_BOT}{_MODAL}
app = modal.App("sample")

@app.function(image=image, schedule=modal.Period(days=1))
def clean_up():
    pass

@app.function(image=image)
@modal.asgi_app()
def fastapi_app():
    return fp.make_app(Sample(), allow_without_key=True)
""",
    "a volume": f"""{_BOT}{_MODAL}
app = modal.App("sample")
volume = modal.Volume.from_name("sample-data", create_if_missing=True)

@app.function(image=image, volumes={{"/data": volume}})
@modal.asgi_app()
def fastapi_app():
    return fp.make_app(Sample(), allow_without_key=True)
""",
    "min containers and concurrency": f"""{_BOT}{_MODAL}
app = modal.App("sample")

@app.function(image=image, min_containers=1)
@modal.concurrent(max_inputs=50)
@modal.asgi_app()
def fastapi_app():
    return fp.make_app(Sample(), allow_without_key=True)
""",
    "module-level app": f"""{_BOT}
bot = Sample()
app = fp.make_app(bot, allow_without_key=True)
""",
    "two bots in one app": f"""{_BOT}
app = fp.make_app([Sample(path="/a"), Sample(path="/b")], allow_without_key=True)
""",
    "run in the main block": f"""{_BOT}
app = fp.make_app(Sample(), allow_without_key=True)

if __name__ == "__main__":
    fp.run(Sample(), allow_without_key=True)
""",
    "settings with dependencies": f"""{_BOT}
class Calling(Sample):
    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={{"GPT-3.5-Turbo": 1}})

app = fp.make_app(Calling(), allow_without_key=True)
""",
    "dataclass bot with fields": """
from dataclasses import dataclass, field
import fastapi_poe as fp

@dataclass
class Sample(fp.PoeBot):
    words: list[str] = field(default_factory=list)

    async def get_response(self, request):
        yield fp.PartialResponse(text="hi")

app = fp.make_app(Sample(words=["a"]), allow_without_key=True)
""",
    "tools described by hand": f"""{_BOT}
TOOLS = [fp.ToolDefinition(**{{"type": "function", "function": {{"name": "f", "description": "d",
    "parameters": {{"type": "object", "properties": {{}}, "required": []}}}}}})]
app = fp.make_app(Sample(), allow_without_key=True)
""",
    "logging set up at import": f"""{_BOT}
import logging
logging.basicConfig(level=logging.INFO)
logging.getLogger("uvicorn").setLevel(logging.WARNING)
app = fp.make_app(Sample(), allow_without_key=True)
""",
    "own app with pages": f"""{_BOT}
from fastapi import FastAPI
app = FastAPI()

@app.get("/privacy")
def privacy():
    return "none"

fp.make_app(Sample(path="/poe"), app=app, allow_without_key=True)
""",
}
