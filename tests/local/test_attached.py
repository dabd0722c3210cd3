"""The playground in front of a bot server in another language, which runs elsewhere."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from poecli.client.address import BotAddress
from poecli.config.credentials import Secret
from poecli.dev_events import Attached, DevEvent, Notice, TurnEnded, ViolationSeen
from poecli.local.attached import AttachedBot, AttachOptions, attached_bot
from poecli.playground.requests import HEADER
from tests.conformance.bots import KEY
from tests.needs import needs
from tests.node_bot import node
from tests.playground.described import check_answer
from tests.poe import poe
from tests.readme.sessions import README
from tests.servers import closed_port

pytestmark = [pytest.mark.asyncio(loop_scope="module")]
PAGE = {HEADER: "1"}


@dataclass
class Page:
    """The page's API, and what the log hears."""

    attached: AttachedBot
    api: httpx.AsyncClient
    heard: list[DevEvent]
    ended: asyncio.Event  # a turn has

    async def chat(self) -> str:
        """The id of a new chat."""
        chat: str = (await self.api.post("chats", json={}, headers=PAGE)).json()["id"]
        return chat

    async def ask(self, text: str, chat: str = "") -> str:
        """The id of the answer, once it is over."""
        chat = chat or await self.chat()
        asked = await self.api.post(f"chats/{chat}/messages", json={"text": text}, headers=PAGE)
        answer: str = asked.json()["id"]
        await self.ended.wait()
        self.ended.clear()
        return answer

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kind)]


@asynccontextmanager
async def page(url: str, state: Path) -> AsyncIterator[Page]:
    heard: list[DevEvent] = []
    ended = asyncio.Event()

    def hear(event: DevEvent) -> None:
        heard.append(event)
        if isinstance(event, TurnEnded) and event.kind == "query":
            ended.set()

    options = AttachOptions(BotAddress.at(url, Secret(KEY)), 0, state, state / "poe")
    async with attached_bot(options, hear) as attached:
        await attached.ask_settings()
        api = httpx.AsyncClient(
            base_url=f"{attached.page}api/v1/", event_hooks={"response": [check_answer]}
        )
        async with api:
            yield Page(attached, api, heard, ended)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def of_node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    folder = tmp_path_factory.mktemp("node")
    async with node(folder) as url, page(url, folder) as found:
        yield found


@needs("node")
async def test_it_says_what_it_stands_in_front_of(of_node: Page) -> None:
    state = (await of_node.api.get("state")).json()
    (bot,) = state["bots"]
    assert state["attached_to"] == bot["url"] == of_node.of(Attached)[0].bot.url
    assert bot["settings"] == {"response_version": 2}


@needs("node")
async def test_the_wire_is_shown_byte_for_byte(of_node: Page) -> None:
    turn = (await of_node.api.get(f"turns/{await of_node.ask('ünï')}")).json()
    text = json.dumps({"text": "ünï"}, ensure_ascii=False, separators=(",", ":"))
    assert turn["raw"] == f"event: text\ndata: {text}\n\nevent: done\ndata: {{}}\n\n"
    head, _, body = turn["raw_request"].partition("\r\n\r\n")
    assert head.startswith("POST / HTTP/1.1\r\nHost: 127.0.0.1:")
    without = {name: value for name, value in json.loads(body).items() if "_key" not in name}
    assert without == turn["request"]
    assert turn["request"]["query"][-1]["content"] == "ünï"
    assert [event["event"] for event in turn["events"]] == ["text", "done"]
    assert KEY not in json.dumps(turn)


@needs("node")
async def test_a_question_is_a_turn_for_the_log_with_its_times(of_node: Page) -> None:
    await of_node.ask("timed")
    ended = of_node.of(TurnEnded)[-1]
    assert (ended.kind, ended.status, ended.text, ended.hung_up) == ("query", 200, "timed", False)
    assert 0 < ended.first_event_ms <= ended.total_ms


@needs("node")
async def test_a_file_is_handed_out_to_a_bot_of_this_machine(of_node: Page) -> None:
    sent = await of_node.api.post("files?name=a b.txt", content=b"some", headers=PAGE)
    async with httpx.AsyncClient() as bot:
        fetched = await bot.get(sent.json()["url"])
    assert (fetched.content, sent.json()["name"]) == (b"some", "a b.txt")


@needs("node")
async def test_every_other_path_names_where_the_bot_is(of_node: Page) -> None:
    answer = await of_node.api.post(of_node.attached.url, json={"type": "query"})
    assert (answer.status_code, of_node.attached.attached_to in answer.text) == (404, True)


@needs("node")
async def test_a_broken_rule_is_found(tmp_path: Path) -> None:
    async with node(tmp_path, FORGETS_DONE="1") as url, page(url, tmp_path) as broken:
        await broken.ask("hi")
        assert [event.rule for event in broken.of(ViolationSeen)] == ["no-done"]


@needs("node")
async def test_the_node_bot_of_the_readme_breaks_no_rule(tmp_path: Path) -> None:
    (source,) = re.findall(r"  ```js\n(.*?)  ```", README.read_text(encoding="utf-8"), re.DOTALL)
    bot = source.replace("3000", "0")
    async with node(tmp_path, bot, "bot.mjs") as url, page(url, tmp_path) as shown:
        turn = (await shown.api.get(f"turns/{await shown.ask('hi')}")).json()
    assert "You said: hi" in turn["raw"]
    assert shown.of(ViolationSeen) == shown.of(Notice) == []


async def test_a_server_that_does_not_run_is_told_and_waited_for(tmp_path: Path) -> None:
    async with page(f"http://127.0.0.1:{closed_port()}/", tmp_path) as alone:
        (bot,) = (await alone.api.get("state")).json()["bots"]
        answer = await alone.ask("hi")
        assert "127.0.0.1" in bot["failure"]["message"]
        assert [event.warning for event in alone.of(Notice)] == [True]
        assert (await alone.api.get(f"turns/{answer}")).json()["status"] == 0


async def test_a_bot_elsewhere_gets_no_file_of_this_machine(tmp_path: Path) -> None:
    options = AttachOptions(BotAddress.at("https://bot.example/"), 0, tmp_path, tmp_path)
    async with (
        attached_bot(options, lambda _: None) as attached,
        httpx.AsyncClient(base_url=attached.page) as api,
    ):
        refused = await api.post("api/v1/files?name=a.txt", content=b"x", headers=PAGE)
    assert (refused.status_code, "bot.example can't fetch" in refused.text) == (400, True)


async def asked_of(page: Page, answer: str) -> list[str]:
    """What was said in the query that an answer is to."""
    turn = (await page.api.get(f"turns/{answer}")).json()
    return [message["content"] for message in turn["request"]["query"]]


async def first_turns(page: Page) -> list[dict[str, Any]]:
    """Those that a page begins with."""
    async with page.api.stream("GET", "feed") as feed:
        data = [line async for line in _until_data(feed.aiter_lines())][-1]
    return [each for each in json.loads(data.removeprefix("data: ")) if each["type"] == "turn"]


async def _until_data(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith("data: "):
            return


@needs("node")
async def test_a_chat_goes_on_in_the_terminal_and_back_on_the_page(of_node: Page) -> None:
    chat = await of_node.chat()
    await of_node.ask("on the page", chat)
    folder = of_node.attached.data
    env = {"XDG_DATA_HOME": str(folder.parent), "POE_ACCESS_KEY": KEY}
    ran = await asyncio.to_thread(
        poe, "chat", "--resume", chat, "-m", "in the terminal", "--json", env=env
    )
    back = await asked_of(of_node, await of_node.ask("back", chat))
    assert json.loads(ran.stdout)["text"] == "in the terminal"
    assert back == ["on the page"] * 2 + ["in the terminal"] * 2 + ["back"]


@needs("node")
async def test_a_kept_chat_is_found_by_its_words_and_opened_after_a_restart(
    tmp_path: Path,
) -> None:
    async with node(tmp_path) as url:
        async with page(url, tmp_path) as before:
            chat = await before.chat()
            await before.ask("a needle in hay", chat)
            await before.ask("something else")
        async with page(url, tmp_path) as after:
            found = (await after.api.get("chats?search=needle")).json()["chats"]
            listed = (await after.api.get("chats")).json()["chats"]
            await after.api.post(f"chats/{chat}/open", headers=PAGE)
            again = await asked_of(after, await after.ask("and now", chat))
            earlier = await first_turns(after)
    assert [(each["id"], each["found"]) for each in found] == [(chat, "a needle in hay")]
    assert [each["title"] for each in listed] == ["something else", "a needle in hay"]
    assert again == ["a needle in hay"] * 2 + ["and now"]
    questions = [(each["kept"], each["question"]) for each in earlier]
    assert questions == [(1, "a needle in hay"), (2, "something else"), (0, "and now")]


async def test_a_chat_that_is_not_kept_is_refused(tmp_path: Path) -> None:
    async with page(f"http://127.0.0.1:{closed_port()}/", tmp_path) as alone:
        refused = await alone.api.post("chats/nothing/open", headers=PAGE)
    assert (refused.status_code, "no chat 'nothing'" in refused.text) == (400, True)
