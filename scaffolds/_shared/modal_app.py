"""The bot on Modal. README.md explains how to deploy it."""

from __future__ import annotations

import os

import modal
from fastapi import FastAPI

image = (
    modal.Image.debian_slim()
    .pip_install_from_requirements("requirements.txt")
    .env({"POE_BUILD": os.environ.get("POE_BUILD", "")})  # from `poe deploy`
    .add_local_python_source("main")
)
app = modal.App("my-bot", image=image)


# Poe lets an answer run for 600 seconds; Modal ends it after 300 by default. Each
# container answers up to 100 users at a time, and Modal starts more of them as more
# users come: max_containers bounds that, and min_containers=1 keeps one warm, since Poe
# waits 5 seconds for the first words.
@app.function(secrets=[modal.Secret.from_name("my-bot")], timeout=660)
@modal.concurrent(max_inputs=100)
@modal.asgi_app()
def fastapi_app() -> FastAPI:
    import fastapi_poe as fp

    from main import bot

    # Reads POE_ACCESS_KEY from the secret, and refuses requests without that key.
    served = fp.make_app(bot)

    @served.get("/health")
    async def health() -> dict[str, str]:
        # By the build `poe deploy` tells the new code from the old.
        return {"build": os.environ.get("POE_BUILD", "")}

    return served
