"""The dev server and the local Poe together, over real processes."""

from __future__ import annotations

import json
from pathlib import Path

import fastapi_poe as fp
import httpx
import pytest

from tests.emulator.asking import NO_TLS, query
from tests.poe import dev

FORWARDING = """\
import fastapi_poe as fp


class Forwarding(fp.PoeBot):
    async def get_response(self, request):
        async for piece in fp.stream_request(request, "Other", request.access_key):
            yield piece

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"Other": 1}, allow_attachments=True)
"""
READING = """\
import fastapi_poe as fp


class Reading(fp.PoeBot):
    async def get_response(self, request):
        texts = [a.parsed_content for a in request.query[-1].attachments]
        yield fp.PartialResponse(text=f"other read {texts}")
"""


async def test_a_bot_calls_another_of_the_authors(tmp_path: Path) -> None:
    """``--bot NAME=local:FILE``: a worker of its own, attachments read as its settings ask."""
    (tmp_path / "main.py").write_text(FORWARDING)
    (tmp_path / "other.py").write_text(READING)
    async with dev(tmp_path, "--no-reload", "--bot", "Other=local:other.py", "main.py") as poe:
        ready = await poe.line("ready")
        file = await fp.upload_file(
            b"words", file_name="a.txt", api_key="k" * 32, base_url=f"{ready['base_url']}/poe_api/"
        )
        message = {"attachments": [file.model_dump()]}
        body = query(user_id="u", conversation_id="c", message=message)
        async with httpx.AsyncClient(timeout=60, verify=NO_TLS) as client:
            headers = {"Authorization": "Bearer any"}
            answer = await client.post(ready["url"] + "/", json=body, headers=headers)
        await poe.line("upstream", mode="local:other.py", error=None)

    assert "other read ['words']" in answer.text


ASKING = """\
import fastapi_poe as fp


class Asking(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="FIRST: ")
        async for piece in fp.stream_request(request, "GPT-3.5-Turbo", request.access_key):
            yield piece

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"GPT-3.5-Turbo": 1})
"""
PAYING = """\
import fastapi_poe as fp


class Paying(fp.PoeBot):
    async def get_response(self, request):
        cost = fp.CostItem(amount_usd_milli_cents=100, description="an answer")
        try:
            await self.capture_cost(request, cost)
        except fp.InsufficientFundError:
            yield fp.PartialResponse(text="no funds")
        else:
            yield fp.PartialResponse(text="paid")
"""


async def ask(url: str, **headers: str) -> str:
    """The event stream of one turn, as text."""
    async with httpx.AsyncClient(timeout=60, verify=NO_TLS) as client:
        body = query(user_id="u", conversation_id="c", bot_query_id="q-1")
        sent = {"Authorization": "Bearer any", **headers}
        return (await client.post(url + "/", json=body, headers=sent)).text


async def test_another_bot_of_the_authors_calls_bots_itself(tmp_path: Path) -> None:
    """``local:FILE``: its calls reach the local Poe too, by its own dependencies."""
    (tmp_path / "main.py").write_text(FORWARDING)
    (tmp_path / "other.py").write_text(ASKING)
    async with dev(tmp_path, "--no-reload", "--bot", "Other=local:other.py", "main.py") as poe:
        answer = await ask((await poe.line("ready"))["url"])
        await poe.line("upstream", bot="GPT-3.5-Turbo", error=None)

    assert "FIRST: " in answer
    assert "**GPT-3.5-Turbo**" in answer


async def test_another_bot_of_the_authors_is_reloaded_as_well(tmp_path: Path) -> None:
    """A save of the other bot's file is in the next answer."""
    (tmp_path / "main.py").write_text(FORWARDING)
    (tmp_path / "other.py").write_text(ASKING)
    async with dev(tmp_path, "--bot", "Other=local:other.py", "main.py") as poe:
        url = (await poe.line("ready"))["url"]
        before = await ask(url)
        (tmp_path / "other.py").write_text(ASKING.replace("FIRST", "SECOND"))
        await poe.line("reload", ok=True)
        after = await until("SECOND: ", url)

    assert "FIRST: " in before
    assert "SECOND: " in after


async def until(text: str, url: str) -> str:
    """Ask until the answer has a text: each server of the two reloads by itself."""
    while text not in (answer := await ask(url)):
        pass
    return answer


FAULTS = [
    ("rate-limit", ASKING, "rate limit"),
    ("insufficient-funds", PAYING, "no funds"),
    ("rate-limits", PAYING, "paid"),
]


@pytest.mark.parametrize(("fault", "bot", "said"), FAULTS, ids=[f[0] for f in FAULTS])
async def test_a_header_of_the_users_own_request_asks_for_faults(
    tmp_path: Path, fault: str, bot: str, said: str
) -> None:
    """``X-Poe-Fault`` strikes the calls of that turn; a name there is not changes nothing."""
    (tmp_path / "main.py").write_text(bot)
    async with dev(tmp_path, "--no-reload", "main.py") as poe:
        answer = await ask((await poe.line("ready"))["url"], **{"X-Poe-Fault": fault})

    assert said in answer.lower()


ECHO = """
import fastapi_poe as fp

class Echo(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="heard: " + request.query[-1].content[-3:])
"""


async def test_half_a_character_is_answered_and_kept(tmp_path: Path) -> None:
    """A question and settings with what no encoding has: an answer, a journal, no word of ours."""
    (tmp_path / "main.py").write_text(ECHO)
    async with dev(tmp_path, "--no-reload", "main.py") as poe:
        ready = await poe.line("ready")
        body = json.dumps(query("\ud800 hi", user_id="u", conversation_id="c"))
        settings = json.dumps({"introduction_message": "\ud800"})
        async with httpx.AsyncClient(timeout=60, verify=NO_TLS) as client:
            headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
            answer = await client.post(ready["url"], content=body, headers=headers)
            stored = await client.post(
                f"{ready['base_url']}/bot/update_settings/Echo/{'k' * 32}/2", content=settings
            )
        await poe.line("answer")
    assert "heard:  hi" in answer.text
    assert stored.status_code == 200
    assert "\ufffd hi" in (tmp_path / ".poe" / "turns.jsonl").read_text(encoding="utf-8")
