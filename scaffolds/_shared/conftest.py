"""The `ask` fixture: sends the bot a message as Poe does, and returns its answer."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Protocol

import fastapi_poe as fp
import pytest
from fastapi import Request

import main


@dataclass
class Answer:
    """The events of one answer: their names and data, in order."""

    events: list[tuple[str, dict[str, Any]]]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The data of all events of one kind."""
        return [data for event, data in self.events if event == name]

    @property
    def text(self) -> str:
        """What the user reads in the end."""
        text = ""
        for event, data in self.events:
            if event == "replace_response":
                text = data["text"]
            elif event == "text":
                text += data["text"]
        return text


class Ask(Protocol):
    def __call__(
        self,
        text: str,
        *,
        before: list[fp.ProtocolMessage] | None = None,
        bot: fp.PoeBot | None = None,
        url_query: str = "",
        **message: Any,
    ) -> Answer: ...


@pytest.fixture
def ask() -> Ask:
    """Call it with a text; `before` holds earlier messages, `message` further fields."""

    def ask(
        text: str,
        *,
        before: list[fp.ProtocolMessage] | None = None,
        bot: fp.PoeBot | None = None,
        url_query: str = "",
        **message: Any,
    ) -> Answer:
        asked = fp.ProtocolMessage(role="user", content=text, **message)
        query = fp.QueryRequest(
            version="1.2",
            type="query",
            query=[*(before or []), asked],
            user_id="u-" + "0" * 32,
            conversation_id="c-" + "0" * 32,
            message_id="m-" + "0" * 32,
            bot_query_id="b-" + "0" * 32,
        )
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "https",
            "server": ("bot.example", 443),
            "path": "/",
            "query_string": url_query.encode(),
            "headers": [],
        }
        context = fp.RequestContext(http_request=Request(scope))
        return asyncio.run(collect(bot or vars(main)["bot"], query, context))

    return ask


async def collect(
    bot: fp.PoeBot, query: fp.QueryRequest, context: fp.RequestContext
) -> Answer:
    return Answer(
        [
            (str(event.event), json.loads(event.data or "{}"))
            async for event in bot.handle_query(query, context)
        ]
    )
