import fastapi_poe as fp
import modal

app = modal.App("x")


@app.function()
@modal.asgi_app()
def one(): ...


@app.function()
@modal.asgi_app()
def two(): ...
