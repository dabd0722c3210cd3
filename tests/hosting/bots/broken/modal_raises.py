import fastapi_poe as fp
import modal

app = modal.App("x")


@app.function()
@modal.asgi_app()
def web():
    raise RuntimeError("inside modal")
