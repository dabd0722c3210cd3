"""The page's API over a real `poe dev`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from poecli.playground.requests import HEADER
from tests.playground.bots import served
from tests.playground.described import DESCRIPTION, check, check_answer
from tests.playground.page import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = {HEADER: "1"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        served(tmp_path_factory.mktemp("project")) as (url, _),
        httpx.AsyncClient(
            base_url=f"{url}api/v1/", timeout=60, event_hooks={"response": [check_answer]}
        ) as client,
    ):
        yield client


async def messages(api: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    """What the feed tells, from the state on."""
    async with api.stream("GET", "feed") as feed:
        async for line in feed.aiter_lines():
            if line.startswith("data: "):
                for message in json.loads(line.removeprefix("data: ")):
                    check(message, DESCRIPTION["components"]["schemas"]["FeedMessage"])
                    yield message


async def test_a_question_is_answered_on_the_feed(api: httpx.AsyncClient) -> None:
    feed = messages(api)
    assert (await anext(feed))["type"] == "begin"
    thread = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    asked = await api.post(f"chats/{thread}/messages", json={"text": "hi"}, headers=PAGE)
    assert asked.status_code == 202
    answer = asked.json()["id"]
    heard = []
    async for message in feed:
        heard.append(message)
        if message.get("id") == answer and message.get("state") == "done":
            break
    page = Page()
    for message in heard:
        page.apply(message.get("ops", []))
    assert page.blocks == ['<p dir="auto">said: hi</p>']
    turn = (await api.get(f"turns/{answer}")).json()
    assert [event["event"] for event in turn["events"]] == ["text", "done"]
    assert turn["request"]["query"][-1]["content"] == "hi"
    assert "access_key" not in turn["request"]


async def test_an_answer_without_end_is_ended(api: httpx.AsyncClient) -> None:
    """A loop in a bot must not fill the page, and the memory of `poe dev`."""
    feed = messages(api)
    await anext(feed)
    thread = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    question = {"text": "endless"}
    answer = (await api.post(f"chats/{thread}/messages", json=question, headers=PAGE)).json()["id"]
    async for message in feed:
        if message.get("id") == answer and message.get("state") == "error":
            break
    assert "went on and on" in message["error"]["message"]
    assert "100,000 characters and 10,000 events" in message["error"]["why"]
    assert (await api.get(f"turns/{answer}")).status_code == 200  # over, and kept


async def test_a_turn_that_runs_is_waited_for(api: httpx.AsyncClient) -> None:
    """So a program asks in three requests, without the feed."""
    chat = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    said = {"text": "markdown"}
    asked = await api.post(f"chats/{chat}/messages", json=said, headers=PAGE)
    turn = await api.get(f"turns/{asked.json()['id']}")
    assert turn.json()["events"][-1]["event"] == "done"


async def test_the_description_is_served(api: httpx.AsyncClient) -> None:
    assert (await api.get("openapi.json")).json() == DESCRIPTION


REFUSED: list[tuple[str, str, str, Any, dict[str, str], int]] = [
    ("without the header", "POST", "chats", {}, {}, 403),
    ("from another page", "POST", "chats", {}, PAGE | {"Origin": "http://evil.example"}, 403),
    ("by another name", "GET", "state", None, {"Host": "evil.example"}, 403),
    ("a chat that is not", "POST", "chats/c-0/messages", {"text": "x"}, PAGE, 404),
    ("a bot that is not", "POST", "chats", {"bot": "nobody"}, PAGE, 400),
    ("a turn that is not", "GET", "turns/m-0", None, {}, 404),
    ("no object", "POST", "chats", [1], PAGE, 400),
    ("another method", "DELETE", "chats", None, PAGE, 404),
    ("a file that is not", "GET", "../../page/nothing.js", None, {}, 404),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
async def test_what_is_refused(
    api: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str], status: int
) -> None:
    answer = await api.request(method, path, json=body, headers=headers)
    assert answer.status_code == status


WRONG = [
    ({"text": 1}, "text must be a string."),
    ({"text": "x", "parameters": [1]}, "parameters must be an object."),
    ({"text": "x", "files": [{"name": 1}]}, "files must be a list of what POST files answered."),
    ({"text": "x", "files": 5}, "files must be a list of what POST files answered."),
]


@pytest.mark.parametrize(("body", "words"), WRONG)
async def test_a_wrong_question_says_what_is_wrong(
    api: httpx.AsyncClient, body: dict[str, Any], words: str
) -> None:
    thread = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    answer = await api.post(f"chats/{thread}/messages", json=body, headers=PAGE)
    assert (answer.status_code, answer.json()["error"]) == (400, words)


async def test_a_running_answer_is_stopped_and_another_is_refused_meanwhile(
    api: httpx.AsyncClient,
) -> None:
    thread = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    slow = {"text": "slow"}
    await api.post(f"chats/{thread}/messages", json=slow, headers=PAGE)
    second = await api.post(f"chats/{thread}/messages", json=slow, headers=PAGE)
    await api.post(f"chats/{thread}/stop", headers=PAGE)
    third = await api.post(f"chats/{thread}/edit", json={"text": "hi"}, headers=PAGE)
    assert (second.status_code, third.status_code) == (400, 202)


async def test_a_stopped_turn_can_be_read_at_once(api: httpx.AsyncClient) -> None:
    thread = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    asked = await api.post(f"chats/{thread}/messages", json={"text": "slow"}, headers=PAGE)
    async with api.stream("GET", "feed") as feed:
        await anext(line async for line in feed.aiter_lines() if '"type":"ops"' in line)
    await api.post(f"chats/{thread}/stop", headers=PAGE)
    assert (await api.get(f"turns/{asked.json()['id']}")).status_code == 200


async def test_the_text_of_a_file_goes_with_it(api: httpx.AsyncClient) -> None:
    thread = (await api.post("chats", json={}, headers=PAGE)).json()["id"]
    text = {**PAGE, "Content-Type": "text/plain"}
    file = (await api.post("files?name=notes.txt", content=b"some notes", headers=text)).json()
    question = {"text": "files", "files": [file]}
    asked = await api.post(f"chats/{thread}/messages", json=question, headers=PAGE)
    turn = (await api.get(f"turns/{asked.json()['id']}")).json()
    (sent,) = turn["request"]["query"][-1]["attachments"]
    assert (sent["name"], sent["parsed_content"]) == ("notes.txt", "some notes")


async def test_the_policy_lets_only_the_pages_own_files_act(api: httpx.AsyncClient) -> None:
    page = await api.get("../../")
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "trusted-types playground" in page.headers["Content-Security-Policy"]
    again = await api.get("../../", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304


async def test_the_stream_of_an_open_page_ends_whole_with_poe_dev(tmp_path: Path) -> None:
    async with served(tmp_path) as (url, poe), httpx.AsyncClient(timeout=60) as client:
        async with client.stream("GET", f"{url}api/v1/feed") as feed:
            lines = feed.aiter_lines()
            assert await anext(lines) == "retry: 250"
            ending = asyncio.create_task(poe.end())
            assert [line async for line in lines if line.startswith("data: ")] != []
        assert await ending == 130
