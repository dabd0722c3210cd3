"""Upstream bots and the balance as they were in a kept turn."""

from __future__ import annotations

from pathlib import Path

import fastapi_poe as fp
import httpx
import pytest

from poecli.dev_events import CostRequested, TurnStarted, UpstreamStarted
from poecli.emulator.bots.frozen import FrozenTurn
from poecli.protocol.sse import Frame
from poecli.turns.kept import KeptAnswer, KeptCall, KeptCost, KeptTurn, RecordedEvent
from poecli.turns.reading import read_turns
from tests.emulator.asking import NO_TLS, ask, ask_raw, query, text_of
from tests.emulator.serving import KEY, LocalPoe, local_poe

DONE = Frame("done", "{}")


def call(bot: str, asked: str, answer: str, at_ms: float, *, cut: bool = False) -> KeptCall:
    frames = [Frame("text", f'{{"text": "{answer}"}}'), *([] if cut else [DONE])]
    events = tuple(RecordedEvent(at_ms, frame) for frame in frames)
    return KeptCall(bot, "live", query(asked), events, at_ms, cut=cut)


def freeze(
    poe: LocalPoe,
    *calls: KeptCall,
    costs: tuple[KeptCost, ...] = (),
    asks_more: bool = False,
) -> None:
    request = query("Hi")
    turn = poe.begin(None)
    kept = KeptTurn(7, "a-7", 1, "MyBot", request, calls=calls, costs=costs)
    poe.platform.frozen.freeze(turn.message_id, FrozenTurn(kept, asks_more=asks_more))


async def test_each_call_gets_the_answer_that_it_got(tmp_path: Path) -> None:
    """By what was asked, whichever call comes first; the mode of the handle does not matter."""
    async with local_poe(tmp_path, bots={"A": "live"}) as poe:
        freeze(poe, call("A", "one", "1", 1.0), call("A", "two", "2", 2.0))

        said = [text_of(await ask(poe, text, bot="A")) for text in ("two", "one")]

    assert said == ["2", "1"]
    assert {started.mode for started in poe.told(UpstreamStarted)} == {"frozen"}


async def test_a_call_that_asks_otherwise_gets_the_next_answer(tmp_path: Path) -> None:
    """So that one change of the bot shows as one."""
    async with local_poe(tmp_path) as poe:
        freeze(poe, call("A", "one", "1", 1.0), call("A", "two", "2", 2.0))

        said = [text_of(await ask(poe, text, bot="A")) for text in ("changed", "two")]

    assert said == ["1", "2"]


@pytest.mark.parametrize("bot", ["A", "B"])
async def test_a_call_that_was_not_kept_is_refused(tmp_path: Path, bot: str) -> None:
    """It goes nowhere, and the error says why: one more of a bot, or another bot."""
    async with local_poe(tmp_path, bots={"A": "live", "B": "live"}) as poe:
        freeze(poe, call("A", "one", "1", 1.0))
        await ask(poe, "one", bot="A")

        answer = await ask_raw(poe, query("one"), bot=bot)

    assert f"The kept turn has no such call to {bot}.".encode() in answer


async def test_a_turn_that_asks_more_has_a_further_call_answered_as_ever(tmp_path: Path) -> None:
    """Its first call is frozen, the one more is not."""
    async with local_poe(tmp_path) as poe:
        freeze(poe, call("A", "one", "1", 1.0), asks_more=True)

        said = [text_of(await ask(poe, "one", bot="A")) for _ in range(2)]

    assert said[0] == "1"
    assert said[1] != "1"
    modes = [started.mode for started in poe.told(UpstreamStarted)]
    assert modes == ["frozen", "mock"]


async def test_another_turn_is_answered_as_ever_meanwhile(tmp_path: Path) -> None:
    """Only the turn that is asked again stands still."""
    async with local_poe(tmp_path) as poe:
        freeze(poe, call("A", "one", "1", 1.0))
        poe.begin(None, message_id="m-2", id="r-2")

        await ask_raw(poe, {**query("one"), "message_id": "m-2"}, bot="A")

    assert [started.mode for started in poe.told(UpstreamStarted)] == ["mock"]


async def test_an_answer_that_was_cut_is_cut(tmp_path: Path) -> None:
    """The bot sees what it saw."""
    async with local_poe(tmp_path) as poe:
        freeze(poe, call("A", "one", "1", 1.0, cut=True))

        answer = await ask_raw(poe, query("one"), bot="A")

    assert answer.endswith(b": cut")
    assert b"done" not in answer


async def test_costs_are_paid_or_refused_as_they_were(tmp_path: Path) -> None:
    """Whatever the balance is today."""
    costs = (KeptCost("capture", 5, ok=False), KeptCost("capture", 5, ok=True))
    async with local_poe(tmp_path, balance=1) as poe:
        freeze(poe, costs=costs)
        request = fp.QueryRequest.model_validate(
            {**query(), "bot_query_id": "q-1", "user_id": "u", "conversation_id": "c"}
            | {"access_key": KEY, "message_id": "m-1"}
        )
        bot = fp.PoeBot(access_key=KEY)
        item = fp.CostItem(amount_usd_milli_cents=5, description="x")
        with pytest.raises(fp.InsufficientFundError):
            await bot.capture_cost(request, item, base_url=f"{poe.url}/")
        await bot.capture_cost(request, item, base_url=f"{poe.url}/")

    assert [told.ok for told in poe.told(CostRequested)] == [False, True]


async def test_a_call_by_openais_api_is_of_the_turn_that_runs(tmp_path: Path) -> None:
    """It names none; where two run, nobody can know."""
    async with local_poe(tmp_path) as poe:
        turn = poe.begin(None, id="r-1")
        await complete(poe, "alone")
        poe.begin(None, message_id="m-2", id="r-2")
        await complete(poe, "one of two")
        poe.platform.keep_turn(TurnStarted(1, "query", "/", 1, "MyBot", id=turn.id), KeptAnswer())

    [kept] = read_turns(tmp_path)
    assert [call.request["query"][0]["content"] for call in kept.calls] == ["alone"]


async def complete(poe: LocalPoe, text: str) -> None:
    """Ask by the OpenAI-style endpoint."""
    body = {"model": "A", "messages": [{"role": "user", "content": text}]}
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        url, headers = f"{poe.url}/v1/chat/completions", {"Authorization": f"Bearer {KEY}"}
        assert (await client.post(url, json=body, headers=headers)).is_success
