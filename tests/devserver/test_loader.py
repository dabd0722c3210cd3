"""What a loader does before a worker is taken, with a source of workers that a test holds back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from poecli.config.python.interpreter import own_interpreter
from poecli.devserver.generations.generation import Generation
from poecli.devserver.generations.loader import GenerationLoader
from poecli.devserver.generations.worker_source import WorkerSource
from poecli.devserver.generations.workers import Modules, Worker
from poecli.errors import BotLoadError
from poecli.hosting.process.messages import Load, LoadDone, Prepare
from poecli.waiting import cancel_and_wait, within

LIMIT_SECONDS = 30


class Held:
    """Makes no worker; each renewal waits until the test lets it."""

    def __init__(self) -> None:
        self.renewals: list[Modules] = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.running = 0

    async def make(self) -> Worker:
        raise BotLoadError("none is made")

    async def renew(self, modules: Modules) -> None:
        self.renewals.append(modules)
        self.running += 1
        self.begun.set()
        try:
            await self.may_end.wait()
        finally:
            self.running -= 1

    async def close(self) -> None:
        """Nothing is open."""


class Dotenv:
    def __init__(self) -> None:
        self.values: Mapping[str, str] = {}

    def __call__(self) -> Mapping[str, str]:
        return self.values


def loader_of(held: Held, dotenv: Dotenv) -> GenerationLoader:
    return GenerationLoader(
        WorkerSource(held, standby=False),
        Prepare("/here", None),
        Load("main.py"),
        dotenv,
        url="",
        interpreter=own_interpreter(),
        report=lambda _event: None,
        on_remark=lambda _generation, _remark: None,
        on_wrote=lambda _file: None,
    )


def having_imported(*packages: str) -> Generation:
    generation = Generation.__new__(Generation)
    generation.loaded = LoadDone("", (), packages, (), (), None)
    return generation


async def test_a_renewal_given_up_is_made_by_the_next_load() -> None:
    """A second save cuts the first load short: what pip or the .env changed still counts."""
    held, dotenv = Held(), Dotenv()
    loader = loader_of(held, dotenv)
    dotenv.values = {"KEY": "new"}
    overtaken = asyncio.create_task(loader.load(()))
    await within(held.begun.wait(), LIMIT_SECONDS)
    await cancel_and_wait(overtaken)
    held.may_end.set()
    with pytest.raises(BotLoadError):
        await loader.load(())
    await loader.close()
    assert len(held.renewals) == 2


async def test_closed_it_leaves_no_renewal_behind() -> None:
    """Two loads that each imported a new package, one shortly after the other."""
    held = Held()
    loader = loader_of(held, Dotenv())
    loader.learn(having_imported("numpy"))
    loader.learn(having_imported("numpy", "httpx"))
    await asyncio.sleep(0)
    before = held.running
    await loader.close()
    assert (before, held.running) == (2, 0)
