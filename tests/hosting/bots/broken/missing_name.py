import fastapi_poe as fp
from fastapi_poe import NoSuchThing
