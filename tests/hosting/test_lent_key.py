"""Files and costs work on the local Poe for a bot that has no access key."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastapi_poe as fp
import pytest

from poecli.hosting.sandbox import lent_key
from poecli.hosting.sandbox.lent_key import LENT_KEY
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS
from tests.emulator.serving import local_poe

OWN = "o" * 32
GIVEN = "g" * 32


@pytest.fixture(autouse=True)
def lending() -> Iterator[None]:
    undo = lent_key.install()
    yield
    undo()


class Recorder(fp.PoeBot):
    """Remembers the key of each upload."""

    async def _upload_file(self, *, api_key: str, **_: Any) -> fp.Attachment:
        self.key_of_upload.append(api_key)
        return fp.Attachment(url="https://poe.example/a", content_type="text/plain", name="a.txt")

    key_of_upload: list[str] = []  # noqa: RUF012 - a class attribute, as in an author's bot


@pytest.mark.filterwarnings("ignore:Bot already has an access key:DeprecationWarning")
@pytest.mark.parametrize(
    ("own", "given", "used"),
    [
        (None, {}, LENT_KEY),
        ("", {}, LENT_KEY),
        (OWN, {}, OWN),
        (None, {"access_key": GIVEN}, GIVEN),
        (OWN, {"access_key": GIVEN}, GIVEN),
    ],
    ids=["none", "empty", "own", "given", "both"],
)
async def test_a_key_is_lent_only_to_who_has_none(
    own: str | None, given: dict[str, str], used: str
) -> None:
    """An own key, or one passed with the call, is used as it is."""
    bot = Recorder(access_key=own)
    await bot.post_message_attachment(  # type: ignore[call-overload] # the deprecated form too
        message_id="m-1", file_data=b"x", filename="a.txt", **given
    )
    assert bot.key_of_upload[-1] == used
    assert bot.access_key == own


def test_the_lent_key_has_the_length_of_a_key() -> None:
    """fastapi_poe and Poe look at it."""
    assert len(LENT_KEY) == ACCESS_KEY_CHARACTERS.value


async def test_the_file_belongs_to_the_bots_own_answer() -> None:
    """The pending file event is the bot's, not that of a copy."""
    bot = Recorder()
    await bot.post_message_attachment(message_id="m-1", file_data=b"x", filename="a.txt")
    assert len(bot._file_events_to_yield["m-1"]) == 1


async def test_costs_are_charged_and_the_author_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Deployed it would fail, and nobody should learn it only there."""
    bot = fp.PoeBot()
    cost = fp.CostItem(amount_usd_milli_cents=5)
    async with local_poe(tmp_path) as poe:
        poe.begin({}, access_key=None)
        request = fp.QueryRequest(
            version="1.2", type="query", query=[], user_id="", conversation_id="",
            message_id="m-1", bot_query_id="q-1",
        )  # fmt: skip
        with caplog.at_level(logging.WARNING):
            await bot.authorize_cost(request, cost, base_url=f"{poe.url}/")
            await bot.capture_cost(request, cost, base_url=f"{poe.url}/")
    told = [record for record in caplog.records if "POE_ACCESS_KEY" in record.getMessage()]
    assert len(told) == 1
