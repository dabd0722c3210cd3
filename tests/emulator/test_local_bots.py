"""The author's own bots as upstream bots."""

from __future__ import annotations

from pathlib import Path

import fastapi_poe as fp
import httpx
import pytest

from poecli.config.credentials import Secret
from poecli.dev_events import Advice, UpstreamStarted
from poecli.emulator.bots.local_bots import LocalBot
from poecli.protocol import events as ev
from poecli.protocol.settings import SettingsResponse
from tests.emulator.asking import ask, errors_of, text_of
from tests.emulator.serving import KEY, AuthorsBot, OwnBots, local_poe
from tests.servers import closed_port, serving


async def test_a_bot_of_the_authors_answers_for_itself(tmp_path: Path) -> None:
    """By its handle, with its own key, in a query whose ids are its own."""
    other = AuthorsBot([ev.Text("from the other"), ev.Data("x"), ev.Done()])
    async with serving(other.app()) as url:
        own = OwnBots({"Other": LocalBot("Other", url, Secret(KEY))})
        async with local_poe(tmp_path, own=own, bots={"Alias": "local:Other"}) as poe:
            answers = [await ask(poe, bot=bot, access_key="a" * 32) for bot in ("Other", "Alias")]
            modes = [started.mode for started in poe.told(UpstreamStarted)]

    assert answers == [[*other.answer]] * 2
    assert modes == ["local:Other", "local:Other"]
    assert [headers["Authorization"] for headers in other.headers] == [f"Bearer {KEY}"] * 2
    ids = {query.message_id for query in other.queries} | {"m-1"}
    assert len(ids) == 3
    assert all(query.bot_query_id for query in other.queries)
    assert "a" * 32 not in other.queries[0].model_dump_json()


async def test_a_mode_goes_before_a_bot_of_that_name(tmp_path: Path) -> None:
    """What the author says about a handle counts."""
    own = OwnBots({"Other": LocalBot("Other", "http://127.0.0.1:1")})
    async with local_poe(tmp_path, own=own, bots={"Other": "mock"}) as poe:
        assert "> hello" in text_of(await ask(poe, bot="Other"))


async def test_a_target_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Poe's words for the bot, ours for the author."""
    async with local_poe(tmp_path, bots={"X": "local:nothing.py"}) as poe:
        events = await ask(poe, bot="X")
        (complaint,) = poe.told(Advice)

    assert errors_of(events) == ["Bot does not exist"]
    assert "nothing.py" in complaint.message


async def test_files_are_read_as_the_other_bots_settings_ask(tmp_path: Path) -> None:
    """Poe expands attachments for each bot anew; addresses elsewhere are left alone."""
    other = AuthorsBot([ev.Text("ok"), ev.Done()])
    async with serving(other.app()) as url:
        settings = SettingsResponse(response_version=2)
        own = OwnBots({"Other": LocalBot("Other", url, settings=settings)})
        async with local_poe(tmp_path, own=own) as poe:
            kept = await fp.upload_file(
                b"words", file_name="a.txt", api_key=KEY, base_url=poe.uploads
            )
            far = {"url": "https://x.example/a", "name": "b", "content_type": "text/plain"}
            attachments = [kept.model_dump(), far]
            await ask(poe, bot="Other", message={"attachments": attachments})

    (query,) = other.queries
    assert [a.parsed_content for a in query.query[0].attachments] == ["words", None]


async def test_fetched_settings_are_kept(tmp_path: Path) -> None:
    """As Poe: the bot is asked, the answer is stored and echoed."""
    other = AuthorsBot([], {"introduction_message": "Welcome", "response_version": 2})
    async with serving(other.app()) as url, httpx.AsyncClient() as client:
        own = OwnBots({"Other": LocalBot("Other", url)})
        async with local_poe(tmp_path, own=own) as poe:
            answers = [
                await client.post(f"{poe.bots}fetch_settings/Other/{KEY}{version}")
                for version in ("", "/1.2")
            ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "'introduction_message': 'Welcome'" in answers[0].text
    stored = (tmp_path / ".poe" / "settings" / "Other.json").read_text()
    assert SettingsResponse.model_validate_json(stored).introduction_message == "Welcome"


async def test_settings_that_are_none_are_refused_with_a_reason(tmp_path: Path) -> None:
    """Poe says 500 and no more; the author reads which field."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient() as client:
        bodies = [b"{", b'{"server_bot_dependencies": {"A": "many"}}']
        url = f"{poe.bots}update_settings/Mine/{KEY}/1.2"
        statuses = [(await client.post(url, content=body)).status_code for body in bodies]
        whys = [complaint.why for complaint in poe.told(Advice)]

    assert statuses == [500, 500]
    assert "not JSON" in whys[0]
    assert "server_bot_dependencies.A" in whys[1]


@pytest.mark.parametrize("answer", [[ev.Text("half")], []], ids=["no done", "not one event"])
async def test_another_bots_trouble_is_told_by_its_name(
    answer: list[ev.Event], tmp_path: Path
) -> None:
    """The address of its worker is nobody's business."""
    other = AuthorsBot(answer)
    async with serving(other.app()) as url:
        own = OwnBots({"Other": LocalBot("Other", url)})
        async with local_poe(tmp_path, own=own) as poe:
            errors = errors_of(await ask(poe, bot="Other"))
            (complaint,) = poe.told(Advice)

    words = f"{errors} {complaint}"
    assert "the bot 'Other'" in words
    assert "127.0.0.1" not in words


async def test_a_bot_that_is_gone_is_told_by_its_name(tmp_path: Path) -> None:
    """Also where nobody listens any more."""
    own = OwnBots({"Other": LocalBot("Other", f"http://127.0.0.1:{closed_port()}")})
    async with local_poe(tmp_path, own=own) as poe:
        words = f"{errors_of(await ask(poe, bot='Other'))} {poe.told(Advice)}"

    assert "the bot 'Other'" in words
    assert "127.0.0.1" not in words


@pytest.mark.parametrize("verb", ["update_settings", "fetch_settings"])
async def test_settings_of_an_unknown_bot_are_refused(verb: str, tmp_path: Path) -> None:
    """As by Poe, with 500; the author reads the near name, and nothing is kept."""
    own = OwnBots({"Other": LocalBot("Other", "http://127.0.0.1:1")})
    async with local_poe(tmp_path, own=own) as poe, httpx.AsyncClient() as client:
        answer = await client.post(f"{poe.bots}{verb}/Othr/{KEY}/1.2", content=b"{}")
        (complaint,) = poe.told(Advice)

    assert (answer.status_code, answer.text) == (500, "Internal server error")
    assert "no such bot" in complaint.why
    assert "'Other'" in complaint.hint
    assert not (tmp_path / ".poe" / "settings").exists()


async def test_settings_of_a_served_bot_are_kept_unasked(tmp_path: Path) -> None:
    """The bot itself need not be reachable."""
    own = OwnBots({"Other": LocalBot("Other", "http://127.0.0.1:1")})
    async with local_poe(tmp_path, own=own) as poe, httpx.AsyncClient() as client:
        answer = await client.post(f"{poe.bots}update_settings/Other/{KEY}/1.2", content=b"{}")

    assert answer.status_code == 200
    assert (tmp_path / ".poe" / "settings" / "Other.json").exists()
