"""The one session for calls that leave the emulator: to the author's bots and to the real Poe."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from poecli.client.http import open_session


class Outside:
    """Opened at the first call, so that a local Poe that asks nobody opens nothing."""

    @cached_property
    def session(self) -> Any:
        """The session; its type is httpx's, which only client/ names."""
        return open_session()

    async def close(self) -> None:
        """Close it, if it was ever opened."""
        if "session" in vars(self):
            await self.session.aclose()
