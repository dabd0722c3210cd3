"""``GET /v1/models``: the bots that can be asked here, in the shape of Poe's public list."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from poecli.emulator.bots.dispatcher import Dispatcher
from poecli.emulator.bots.local_bots import LocalBots

# Handles that guides and samples use most; any other handle is answered by a mock as well.
WELL_KNOWN = (
    "Assistant",
    "Claude-Haiku-4.5",
    "Claude-Sonnet-4.5",
    "GPT-3.5-Turbo",
    "GPT-4o",
    "GPT-5",
    "Gemini-2.5-Flash",
    "Llama-3.1-8B",
)


class ModelRoutes:
    """The list of models."""

    def __init__(self, dispatcher: Dispatcher, bots: LocalBots) -> None:
        self._dispatcher = dispatcher
        self._bots = bots

    def routes(self) -> list[web.RouteDef]:
        """The list needs no key, as on Poe."""
        return [web.get("/v1/models", self.list)]

    async def list(self, _: web.Request) -> web.Response:
        """Every handle of the author's, every handle with a mode, and the well-known ones."""
        handles = {*WELL_KNOWN, *self._dispatcher.handles, *self._bots.names()}
        data = [self._entry(handle) for handle in sorted(handles)]
        return web.json_response({"object": "list", "data": data})

    def _entry(self, handle: str) -> dict[str, Any]:
        mode = self._dispatcher.mode_of(handle)
        return {
            "id": handle,
            "object": "model",
            "created": 0,
            "owned_by": "local",
            "description": f"Answered by {mode.kind} on this machine.",
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "pricing": None,
            "context_window": None,
            "supported_endpoints": _endpoints(handle),
            "metadata": {"display_name": handle},
        }


def _endpoints(handle: str) -> list[str]:
    """Where a bot can be asked; Anthropic's API has Claude's models alone."""
    messages = ["/v1/messages"] if handle.lower().startswith("claude") else []
    return ["/v1/chat/completions", "/v1/responses", *messages]
