"""A kept turn asked once more, and events sent by hand, over a real `poe dev`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from poecli.playground.requests import HEADER
from tests.playground.bots import BOT, served, write
from tests.playground.described import check_answer
from tests.poe import DevProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")
REACTS = """
    async def on_reaction_with_context(self, request, context):
        if request.reaction == "dislike":
            raise KeyError("why")


app = fp.make_app("""
REACTING = BOT.replace("\n\napp = fp.make_app(", REACTS)


@dataclass
class Api:
    """The API as the page asks it, and the `poe dev` behind it."""

    client: httpx.AsyncClient
    folder: Path
    poe: DevProcess

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(path, json=body or {}, headers={HEADER: "1"})

    async def asked(self, text: str) -> str:
        """Ask in a new chat; the id of the answer, once its turn is over."""
        chat = (await self.post("chats")).json()["id"]
        answer: str = (await self.post(f"chats/{chat}/messages", {"text": text})).json()["id"]
        await self.poe.line("answer", message_id=answer)
        return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    folder = tmp_path_factory.mktemp("project")
    async with (
        served(folder, REACTING) as (url, poe),
        httpx.AsyncClient(
            base_url=f"{url}api/v1/", timeout=60, event_hooks={"response": [check_answer]}
        ) as client,
    ):
        yield Api(client, folder, poe)


async def test_an_answer_that_is_the_same_again_differs_in_nothing(api: Api) -> None:
    answer = await api.asked("hi")
    told = (await api.post(f"turns/{answer}/replay")).json()
    assert (told["same"], told["differences"], told["words"]) == (True, [], [["said: hi"]])
    assert told["before"]["id"] == answer
    assert told["now"]["id"] != answer


async def test_upstream_answers_stand_still_unless_all_is_to_be_fresh(api: Api) -> None:
    answer = await api.asked("call")
    for body, mode in (({}, "frozen"), ({"frozen": False}, "mock")):
        now = (await api.post(f"turns/{answer}/replay", body)).json()["now"]["id"]
        (call,) = (await api.client.get(f"turns/{now}")).json()["calls"]
        assert call["mode"] == mode


async def test_a_save_shows_as_the_words_that_it_changed(api: Api) -> None:
    answer = await api.asked("hi")
    write(api.folder, REACTING.replace("said: ", "wrote: "))
    await api.poe.line("reload")
    told = (await api.post(f"turns/{answer}/replay")).json()
    write(api.folder, REACTING)
    await api.poe.line("reload")
    assert told["words"] == [["said", "wrote"], [": hi"]]
    assert [each["what"] for each in told["differences"]] == ["text"]
    assert told["now"]["generation"] == told["before"]["generation"] + 1


@pytest.mark.parametrize(("reaction", "status"), [("like", 200), ("dislike", 500)])
async def test_a_reaction_is_sent_about_the_answer_it_names(
    api: Api, reaction: str, status: int
) -> None:
    """Also to a bot that raises at it."""
    answer = await api.asked("hi")
    await api.asked("another")
    event = {"event": "report_reaction", "message": answer, "set": {"reaction": reaction}}
    told = (await api.post("trigger", event)).json()
    assert (told["sent"]["message_id"], told["sent"]["reaction"]) == (answer, reaction)
    assert (told["status"], told["ok"]) == (status, status == 200)


async def test_an_event_of_settings_needs_no_turn(api: Api) -> None:
    told = (await api.post("trigger", {"event": "settings"})).json()
    assert told["body"]["introduction_message"] == "Ask **anything**."


REFUSED: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("no such event", "trigger", {"event": "report_reactions"}, 400, "report_reaction"),
    ("no such answer", "trigger", {"event": "settings", "message": "m-0"}, 400, "m-0"),
    ("no such bot", "trigger", {"event": "settings", "bot": "nobody"}, 400, "nobody"),
    ("no such place", "trigger", {"event": "settings", "remove": ["x"]}, 400, "remove x"),
    ("no object", "trigger", {"event": "settings", "set": [1]}, 400, "set must be"),
    ("no list", "trigger", {"event": "settings", "remove": 1}, 400, "remove must be"),
    ("no text", "trigger", {"event": 1}, 400, "event must be"),
    ("a turn that is not", "turns/m-0/replay", {}, 404, "not kept"),
    ("no flag", "turns/m-0/replay", {"frozen": 1}, 400, "frozen must be"),
]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_what_is_refused_says_why(
    api: Api, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    refused = await api.post(path, body)
    assert refused.status_code == status
    assert words in refused.json()["error"]
