"""The bot on Modal. README.md explains how to deploy it."""

from __future__ import annotations

import modal
from fastapi import FastAPI

image = (
    modal.Image.debian_slim()
    .pip_install_from_requirements("requirements.txt")
    .add_local_python_source("main")
)
app = modal.App("my-bot", image=image)


@app.function(secrets=[modal.Secret.from_name("my-bot")])
@modal.concurrent(max_inputs=100)
@modal.asgi_app()
def fastapi_app() -> FastAPI:
    import fastapi_poe as fp

    from main import bot

    # Reads POE_ACCESS_KEY from the secret, and refuses requests without that key.
    return fp.make_app(bot)
