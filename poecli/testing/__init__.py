"""What tests of bots name: the types of the pytest plugin's fixtures, and of an answer.

served       the fixtures' objects; ``dev_process`` the `poe dev` behind them
chat_items   `*.chat.toml` as tests
"""

from __future__ import annotations

from poecli.conformance.chats.answer import Answer, UpstreamCall
from poecli.testing.served import PoeBot, PoeDev, StartPoeDev

__all__ = ["Answer", "PoeBot", "PoeDev", "StartPoeDev", "UpstreamCall"]
