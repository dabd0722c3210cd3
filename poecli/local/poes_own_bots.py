"""The bots that the real Poe answers for, while something other than `poe dev` runs a project."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from poecli.config.credentials import api_key_missing
from poecli.emulator.bots import modes
from poecli.emulator.bots.modes import Mode
from poecli.emulator.platform import PlatformOptions

_MOCK = Mode(modes.MOCK)


class PoesOwnBots:
    """Those that the real Poe answers for: asked only if told so, else mocks take their place."""

    def __init__(self, platform: PlatformOptions, *, ask: bool) -> None:
        """Raises KeyMissing when they are to be asked and there is no key."""
        self.modes = {b: mode for b, mode in platform.bots.items() if mode.kind in modes.POE_ITSELF}
        self.ask = ask
        self.calls: Counter[str] = Counter()
        if ask and self.modes and platform.api_key is None:
            raise api_key_missing()

    def settle(self, platform: PlatformOptions) -> PlatformOptions:
        """The platform with whatever answers for them."""
        if self.ask:
            return platform
        return replace(platform, bots={**platform.bots, **dict.fromkeys(self.modes, _MOCK)})

    def doubt(self, bot: str) -> str:
        """Why the answer of a bot may not be what the conversation expects; else empty."""
        if self.ask or bot not in self.modes:
            return ""
        kind = self.modes[bot].kind
        return f"{bot} is {kind}, and a mock answered for it; --live asks the real Poe"

    def sentence(self) -> str:
        """What was asked of the real Poe, or would be; empty when nothing is."""
        total = self.calls.total()
        if not total:
            return ""
        counted = ", ".join(f"{bot} {count}" for bot, count in self.calls.most_common())
        calls = f"{total} {'call' if total == 1 else 'calls'} to the real Poe ({counted})"
        if self.ask:
            return f"This check made {calls}."
        return f"Mocks took the place of the real Poe: --live would make {calls}."
