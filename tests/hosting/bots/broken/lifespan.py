"""A lifespan whose start-up fails."""
from contextlib import asynccontextmanager

import fastapi_poe as fp
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("no database")
    yield


app = fp.make_app(fp.PoeBot(), allow_without_key=True, app=FastAPI(lifespan=lifespan))
