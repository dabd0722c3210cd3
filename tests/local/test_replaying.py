"""A conversation held, and held again by a project that was started anew."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from poecli.client.dialogue import Dialogue, new_id
from poecli.client.platform_api import PlatformApi
from poecli.config.credentials import Secret
from poecli.dev_events import DevEvent
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.project import LocalProject, local_project
from poecli.local.replaying import free_port_of, replaying
from poecli.protocol.conversation import Conversation
from poecli.protocol.messages import Attachment
from poecli.protocol.reply import Reply
from poecli.turns.comparison import Difference, differences
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import read_turns

TURNS = 12
BOT = '''
import fastapi_poe as fp

def shout(words: str) -> str:
    """Say it loudly."""
    return words.upper()

TOOL = fp.ToolDefinition(**{"type": "function", "function": {
    "name": "shout", "description": "Say it loudly.", "parameters": {
        "type": "object", "properties": {"words": {"type": "string"}}, "required": ["words"]}}})

class Helper(fp.PoeBot):
    async def get_response_with_context(self, request, context):
        with open("seen.bin", "ab") as file:
            file.write(await context.http_request.body() + b"\\n")
        count = len(request.query)
        yield fp.MetaResponse(text="", suggested_replies=True)
        async for part in fp.stream_request(request, "GPT-4o", request.access_key):
            yield part
        if count % 4 == 1:
            tools = {"tools": [TOOL], "tool_executables": [shout]}
            async for part in fp.stream_request(request, "Tool-Bot", request.access_key, **tools):
                yield part
        if request.query[-1].attachments:
            data = count.to_bytes(2, "big")
            await self.post_message_attachment(
                message_id=request.message_id, file_data=data, filename="out.bin")
        if count == 3:
            await self.capture_cost(request, fp.CostItem(amount_usd_milli_cents=7, description="x"))
        yield fp.PartialResponse(text=" A helpful answer.")
        yield fp.DataResponse(metadata=str(count))
        yield fp.PartialResponse(text="More?", is_suggested_reply=True)

    async def get_settings(self, setting):
        return fp.SettingsResponse(
            response_version=2, allow_attachments=True,
            server_bot_dependencies={"GPT-4o": 1, "Tool-Bot": 2})
'''


def ignore(event: DevEvent) -> None:
    del event


async def hold(folder: Path) -> None:
    """Hold a conversation of twelve turns, every sixth with a file."""
    options = settle_options(LocalFlags.for_one_command(str(folder)), {}, folder)
    async with local_project(options, ignore) as project:
        bot = project.address_of((await project.wait_ready())[0])
        dialogue = Dialogue(Conversation(new_id("u"), new_id("c")))
        await dialogue.settings_of(bot)
        for number in range(TURNS):
            files = [await upload(project, number)] if number % 6 == 0 else []
            query = dialogue.say(f"Question {number}", bot, attachments=files)
            reply = Reply()
            async with aclosing(dialogue.events(query, bot)) as events:
                async for event in events:
                    reply.feed(event)
            dialogue.remember(bot, query.message_id, reply)


async def upload(project: LocalProject, number: int) -> Attachment:
    api = PlatformApi(project.server.base_url)
    return await api.upload_file(Secret("any"), file=b"note %d" % number, name="note.txt")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the conversation was held; the server has ended."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "main.py").write_text(BOT)
    asyncio.run(hold(folder))
    return folder


async def replay(folder: Path, turns: list[KeptTurn], **how: bool) -> list[list[Difference]]:
    """What differs in each turn."""
    flags = replace(LocalFlags.for_one_command(str(folder)), port=free_port_of(turns[0]))
    found = []
    async with replaying(settle_options(flags, {}, folder), ignore, seconds=60) as replayer:
        for turn in turns:
            seen = await replayer.ask(turn, **how)
            found.append(differences(turn, seen))
    return found


async def test_what_was_kept_is_asked_and_answered_again(held: Path) -> None:
    """Twelve turns with files, tools, two bots and a cost: the same requests to the byte."""
    turns = list(read_turns(held))
    before = (held / "seen.bin").read_bytes()
    (held / "seen.bin").unlink()

    found = await replay(held, turns)

    assert found == [[] for _ in turns]
    assert (held / "seen.bin").read_bytes() == before
    assert [len(turn.request["query"]) for turn in turns] == list(range(1, 2 * TURNS, 2))
    assert {call.bot for turn in turns for call in turn.calls} == {"GPT-4o", "Tool-Bot"}
    assert [turn.cost for turn in turns if turn.cost] == [7]
    assert sum(len(turn.answer.reply.files) for turn in turns) == TURNS // 6


async def test_a_changed_word_is_the_one_difference(held: Path, tmp_path: Path) -> None:
    """Each turn names it, and nothing else."""
    changed = shutil.copytree(held, tmp_path / "changed")
    (changed / "main.py").write_text(BOT.replace("helpful", "curt"))

    found = await replay(changed, list(read_turns(changed))[:2])

    for differing in found:
        assert [one.what for one in differing] == ["text"]
        assert "A [-helpful-]{+curt+} answer." in differing[0].detail
