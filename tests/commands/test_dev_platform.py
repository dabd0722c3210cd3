"""The dev server and the local Poe together, over real processes."""

from __future__ import annotations

from pathlib import Path

import fastapi_poe as fp
import httpx

from tests.commands.dev_process import dev
from tests.emulator.asking import NO_TLS, query

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
            b"words", file_name="a.txt", api_key="k" * 32, base_url=f"{ready['url']}/poe_api/"
        )
        message = {"attachments": [file.model_dump()]}
        body = query(user_id="u", conversation_id="c", message=message)
        async with httpx.AsyncClient(timeout=60, verify=NO_TLS) as client:
            headers = {"Authorization": "Bearer any"}
            answer = await client.post(ready["url"] + "/", json=body, headers=headers)
        await poe.line("upstream", mode="local:other.py", error=None)

    assert "other read ['words']" in answer.text
