"""Faults on demand, each at the same place again for the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.faults import HEADER, NAMES, Fault, parse_faults
from poecli.errors import UsageError
from poecli.protocol import limits
from tests.emulator.asking import ask_raw, query
from tests.emulator.serving import local_poe

STREAMS = [
    ("rate-limit", b"exceeded rate limit"),
    ("server-error", b"Internal server error (error_id: fault-"),
    ("access-denied", b"Access denied"),
    ("cut", b": cut"),
    ("malformed-event", b'data: {"text": "half of\n\n'),
    ("duplicate-done", b"event: done\ndata: {}\n\nevent: done\ndata: {}\n\n"),
    ("empty-answer", b"event: done\ndata: {}\n\n"),
]


@pytest.mark.parametrize(("name", "sign"), STREAMS, ids=[row[0] for row in STREAMS])
async def test_a_fault_shows_on_the_wire(name: str, sign: bytes, tmp_path: Path) -> None:
    """By the option, and by the header of one call; another call goes well."""
    async with local_poe(tmp_path, faults=name) as poe:
        by_option = await ask_raw(poe, query())
    async with local_poe(tmp_path) as poe:
        by_header = await ask_raw(poe, query(), headers={HEADER: name})
        without = await ask_raw(poe, query())

    assert sign in by_option
    assert sign in by_header
    assert without.count(b"event: done") == 1
    assert b"cut" not in without


async def test_a_fault_that_nothing_was_asked_of_poe_for_is_named(tmp_path: Path) -> None:
    """Each with what it needs; one that could have struck, and one of delivery, are not."""
    asked = parse_faults(["cut=0", "insufficient-funds", "upload-failure", "stop"])
    async with local_poe(tmp_path, faults="cut=0") as poe:
        before = list(poe.platform.faults.never_met(asked))
        await ask_raw(poe, query())
        after = list(poe.platform.faults.never_met(asked))

    assert before == ["No call went upstream, so the fault 'cut' was never met.", *after]
    assert after == [
        "No cost was requested, so the fault 'insufficient-funds' was never met.",
        "No file was uploaded, so the fault 'upload-failure' was never met.",
    ]


async def test_a_slow_first_event_is_later_than_poe_waits(tmp_path: Path) -> None:
    """The fault is of use only when it passes the limit."""
    async with local_poe(tmp_path, faults="slow-first-event") as poe:
        await ask_raw(poe, query())
        (ended,) = [r.ms for r in poe.reports if hasattr(r, "ms")]

    assert ended > limits.FIRST_EVENT_SECONDS.value * 1000


@pytest.mark.parametrize("faults", ["cut=0.5", "malformed-event=0.5,rate-limit=0.2"])
async def test_a_seed_gives_the_same_faults_again(faults: str, tmp_path: Path) -> None:
    """Which calls are struck, and where, is the same in each run; another seed differs."""
    runs = []
    for run, seed in enumerate((1, 1, 2)):
        async with local_poe(tmp_path / str(run), faults=faults, seed=seed) as poe:
            runs.append([await ask_raw(poe, query()) for _ in range(12)])

    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


async def test_a_turn_brings_its_own_faults(tmp_path: Path) -> None:
    """The header of the user's request reaches the calls its turn makes."""
    async with local_poe(tmp_path) as poe:
        poe.begin(None, faults=(Fault("access-denied"),))
        answer = await ask_raw(poe, query())

    assert b"Access denied" in answer


@pytest.mark.parametrize(
    ("text", "hint"), [("cutt", "Did you mean 'cut'"), ("cut=2", "cut=0.3"), ("cut=x", "cut=0.3")]
)
def test_an_unknown_fault_names_the_known(text: str, hint: str) -> None:
    """The error says what to type."""
    with pytest.raises(UsageError) as caught:
        parse_faults([text])

    assert hint in caught.value.hint


def test_faults_are_read_from_lists_and_commas() -> None:
    """``--fault a --fault b``, ``a,b`` and the list in poe.toml say the same."""
    assert [f.name for f in parse_faults([",".join(NAMES)])] == list(NAMES)
    assert parse_faults(["cut,rate-limit=0.5"]) == parse_faults(["cut", "rate-limit=0.5"])
