"""The waiting bot behind middleware: the whole app goes through the bridge."""
import fastapi_poe as fp
from fastapi import FastAPI
from serving import LOG, GO_ON, Waiting
from starlette.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware)
fp.make_app(Waiting(path="/waiting"), allow_without_key=True, app=app)
