"""The local Poe looked at and set over the page's API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from poecli.playground.requests import HEADER
from poecli.poe_pages import API_URL
from poecli.settings_sync.drift import Lock
from tests.playground.described import check_answer
from tests.poe import DevProcess, dev

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOT = """
import fastapi_poe as fp

class Caller(fp.PoeBot):
    async def get_settings(self, setting):
        return fp.SettingsResponse(
            server_bot_dependencies={"GPT-4o": 2, "Never": 1}, introduction_message="Hi.",
            parameter_controls=fp.ParameterControls(sections=[fp.Section(controls=[
                fp.ToggleSwitch(label="Loud", parameter_name="loud")])]))

    async def get_response(self, request):
        bot = request.query[-1].content
        if bot == "pay":
            await self.capture_cost(
                request, fp.CostItem(amount_usd_milli_cents=300, description="x"))
            yield fp.PartialResponse(text="paid")
            return
        if bot.startswith("parameters"):
            yield fp.PartialResponse(text=f"{bot} {request.query[-1].parameters}")
            return
        async for part in fp.stream_request(request, bot, request.access_key):
            yield part

app = fp.make_app(Caller(), allow_without_key=True)
"""
TOML = """\
# what the author wrote
[dev]
balance = 1000  # milli-cents

[dev.bots]
"Off-Bot" = "off"
"""
SYNCED = {"introduction_message": "Hello."}


@dataclass
class Served:
    """The API, the folder of the project, its bot and the `poe dev` around it."""

    client: httpx.AsyncClient
    folder: Path
    bot: str
    poe: DevProcess

    async def get(self, path: str) -> Any:
        answer = await self.client.get(f"local{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def set(self, path: str, **body: Any) -> Any:
        answer = await self.client.post(f"local/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, **body: Any) -> str:
        answer = await self.client.post(f"local/{path}", json=body)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    async def say(self, text: str, **more: Any) -> str:
        """Ask in a new chat of the page, until the answer is over; its id."""
        chat = (await self.client.post("chats", json={"bot": self.bot})).json()["id"]
        asked = await self.client.post(f"chats/{chat}/messages", json={"text": text, **more})
        answer = str(asked.json()["id"])
        async with self.client.stream("GET", "feed") as feed:
            async for line in feed.aiter_lines():
                if any(_is_over(each, answer) for each in _messages(line)):
                    break
        return answer

    async def ask(self, text: str, **more: Any) -> str:
        """The text of the bot's answer, or of its error."""
        turn = (await self.client.get(f"turns/{await self.say(text, **more)}")).json()
        texts = [json.loads(e["data"]) for e in turn["events"] if e["event"] in ("text", "error")]
        return "".join(each["text"] for each in texts)

    async def bot_called(self, name: str) -> Any:
        return next(bot for bot in (await self.get(""))["bots"] if bot["name"] == name)


def _messages(line: str) -> list[dict[str, Any]]:
    found = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else []
    return list(found)


def _is_over(message: dict[str, Any], answer: str) -> bool:
    said = [message, *message.get("messages", [])]
    return any(m.get("id") == answer and m.get("state") in ("done", "error") for m in said)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "main.py").write_text(BOT, encoding="utf-8")
    (folder / "poe.toml").write_text(TOML, encoding="utf-8")
    async with dev(folder) as poe:
        ready = await poe.line("ready")
        name = ready["bots"][0]["name"]
        Lock(folder / "poe.lock.json", {}).recording(API_URL, name, SYNCED).write()
        async with httpx.AsyncClient(
            base_url=f"{ready['playground']}api/v1/",
            headers={HEADER: "1"},
            timeout=60,
            event_hooks={"response": [check_answer]},
        ) as client:
            yield Served(client, folder, name, poe)


async def test_bots_that_were_declared_or_set_are_there_before_any_call(served: Served) -> None:
    found = {bot["name"]: (bot["mode"], bot["calls"]) for bot in (await served.get(""))["bots"]}
    assert found == {"GPT-4o": ("mock", 0), "Never": ("mock", 0), "Off-Bot": ("off", 0)}


async def test_a_call_is_counted_with_the_beginning_of_its_answer(served: Served) -> None:
    answer = await served.ask("GPT-4o")
    bot = await served.bot_called("GPT-4o")
    assert bot["calls"] == 1
    assert answer.startswith(bot["last"]["text"])
    assert bot["last"]["error"] == ""


async def test_a_mode_holds_from_the_next_call_on(served: Served) -> None:
    await served.set("mode", bot="GPT-4o", mode="mock:replies,delay=0.01,pace=0.02")
    bot = await served.bot_called("GPT-4o")
    shown = [bot[name] for name in ("kind", "argument", "delay", "pace")]
    assert shown == ["mock", "replies", 0.01, 0.02]
    await served.set("mode", bot="GPT-4o", mode="off")
    await served.ask("GPT-4o")
    assert "not exist" in (await served.bot_called("GPT-4o"))["last"]["error"]


async def test_a_script_written_for_a_mock_answers_in_its_place(served: Served) -> None:
    await served.set("mode", bot="GPT-4o", mode="mock,delay=0.01")
    begun = (await served.client.get("local/script", params={"bot": "GPT-4o"})).json()
    assert begun["file"] == ".poe/scripts/GPT-4o.toml"
    await served.set("script", bot="GPT-4o", text=begun["text"])
    await served.set("script", bot="GPT-4o", text='[[answer]]\nsay = "from a script"\n')
    assert await served.ask("GPT-4o") == "from a script"
    mode = (await served.bot_called("GPT-4o"))["mode"]
    assert mode == "script:.poe/scripts/GPT-4o.toml,delay=0.01"


async def test_faults_of_calls_and_of_delivery_strike_until_they_are_taken_away(
    served: Served,
) -> None:
    await served.set("faults", faults=["rate-limit", "stop=0"])
    assert (await served.get(""))["faults"] == {"rate-limit": 1, "stop": 0}
    await served.ask("GPT-4o")
    assert (await served.bot_called("GPT-4o"))["last"]["error"]
    await served.set("faults", faults=[])
    assert await served.ask("GPT-4o") == "from a script"


async def test_the_balance_is_what_the_next_cost_is_taken_from(served: Served) -> None:
    await served.set("balance", balance=500)
    assert await served.ask("pay") == "paid"
    assert (await served.get(""))["balance"] == {"amount": 200, "points": 67}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("mode", {"bot": "GPT-4o", "mode": "mok"}, "Unknown mode 'mok'"),
    ("mode", {"bot": "GPT-4o", "mode": "script:none.toml"}, "none.toml can't be read"),
    ("mode", {"bot": "GPT-4o", "mode": "replay:none.jsonl"}, "Record it first"),
    ("mode", {"bot": "GPT-4o", "mode": "mock,delay=x"}, "must be seconds"),
    ("mode", {"bot": "", "mode": "mock"}, "bot must be a text."),
    (
        "script",
        {"bot": "GPT-4o", "text": "[[answer]]\nsai = 1"},
        "4o.toml:2: unknown key 'sai'",
    ),
    ("faults", {"faults": ["cut=2"]}, "must be a number from 0 to 1"),
    ("faults", {"faults": "cut"}, "faults must be a list."),
    ("balance", {"balance": -1}, "balance must be 0 or more milli-cents"),
    ("balance", {"balance": True}, "balance must be a whole number."),
]


@pytest.mark.parametrize(("path", "body", "words"), WRONG, ids=[row[2] for row in WRONG])
async def test_what_can_not_be_set_is_refused_and_changes_nothing(
    served: Served, path: str, body: dict[str, Any], words: str
) -> None:
    before = await served.get("")
    assert words in await served.refused(path, **body)
    assert await served.get("") == before


async def test_written_to_poe_toml_it_keeps_comments_and_causes_no_reload(served: Served) -> None:
    told = await served.set("write")
    assert told["written"] == ["scripts/GPT-4o.toml", "poe.toml"]
    assert told["unwritten"] == []
    assert (served.folder / "poe.toml").read_text(encoding="utf-8") == (
        "# what the author wrote\n[dev]\nbalance = 500  # milli-cents\nfaults = []\n\n"
        '[dev.bots]\n"Off-Bot" = "off"\n"GPT-4o" = "script:scripts/GPT-4o.toml,delay=0.01"\n'
    )
    assert await served.ask("GPT-4o") == "from a script"
    with (served.folder / "main.py").open("a", encoding="utf-8") as file:
        file.write("# a save of the author's\n")
    assert (await served.poe.line("reload"))["files"] == ["main.py"]


async def test_settings_say_what_poe_makes_of_them_and_what_has_changed(served: Served) -> None:
    await served.ask("Undeclared")
    (bot,) = (await served.get("/settings"))["bots"]
    values = {each["name"]: each["acted_on"] for each in bot["settings"]}
    assert values["introduction_message"] == "Hi."
    assert values["expand_text_attachments"] is True
    changed = {each["setting"]: each["before"] for each in bot["changes"]}
    assert changed["introduction_message"] == "Hello."
    assert bot["dependencies"]["declared"] == {"GPT-4o": 2, "Never": 1}
    assert bot["dependencies"]["refused"] == ["Undeclared"]
    assert "dependency-undeclared" in {each["rule"] for each in bot["findings"]}


async def test_a_name_at_the_start_asks_an_upstream_bot(served: Served) -> None:
    await served.set("mode", bot="GPT-4o", mode="mock")
    await served.say("@gpt-4o who are you?")
    assert "> who are you?" in (await served.bot_called("GPT-4o"))["last"]["text"]
    await served.say("and you?", bot="GPT-4o")
    assert "> and you?" in (await served.bot_called("GPT-4o"))["last"]["text"]


async def test_a_parameter_in_the_text_is_read_when_that_is_asked_for(served: Served) -> None:
    assert (
        await served.ask("parameters --loud hi", text_params=True) == "parameters hi {'loud': True}"
    )
    assert await served.ask("parameters --loud hi") == "parameters --loud hi {}"


async def test_a_script_that_is_no_text_says_so(served: Served) -> None:
    (served.folder / "bad.toml").write_text("[[answer]]\nsay = 'x'\n", encoding="utf-8")
    await served.set("mode", bot="GPT-4o", mode="script:bad.toml")
    (served.folder / "bad.toml").write_bytes(b"\xff")
    answer = await served.client.get("local/script", params={"bot": "GPT-4o"})
    assert (answer.status_code, "can't be read" in answer.text) == (400, True)
