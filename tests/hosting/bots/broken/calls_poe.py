import httpx
import fastapi_poe as fp

httpx.get("https://api.poe.com/v1/models")
