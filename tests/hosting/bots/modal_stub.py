"""Modal as it was in 2024: Stub, Mount, Volume, Dict, and an image.env without a value."""
import os

import fastapi_poe as fp
import modal
from modal import Image, Mount, Secret, Stub, Volume, asgi_app


image = (
    Image.debian_slim(python_version="3.11")
    .apt_install("ffmpeg")
    .pip_install("fastapi-poe==0.0.36")
    .env({"POE_ACCESS_KEY": os.environ.get("NOT_SET_ANYWHERE"), "GREETING": "stub"})
)
stub = Stub("old-poe", mounts=[Mount.from_local_dir(".", remote_path="/root")])
volume = Volume.persisted("data")
stub.visits = modal.Dict.new()
with image.imports():
    import json


class EchoBot(fp.PoeBot):
    async def get_response(self, request):
        await stub.visits.put.aio("n", 1)
        text = f"{os.environ['GREETING']} {os.environ['MOOD']} {stub.visits['n']}"
        yield fp.PartialResponse(text=f"{text}: {request.query[-1].content}")


@stub.function(image=image, secrets=[Secret.from_dict({"MOOD": "calm"})], volumes={"/data": volume})
@modal.concurrent(max_inputs=100)
@asgi_app()
def fastapi_app():
    volume.reload()
    return fp.make_app(EchoBot(), allow_without_key=True)
