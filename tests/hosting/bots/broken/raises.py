"""Fails in a helper of its own."""
import fastapi_poe as fp
from raising_helper import fail

fail()
