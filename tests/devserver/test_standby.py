"""One worker is ready before it is wanted, and only one that fits is given out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from poecli.devserver.generations.worker_source import WorkerSource
from poecli.devserver.generations.workers import Modules, Worker
from poecli.hosting.process.messages import Exit, Message, Prepare, WarmUp, decode

HERE = Prepare("/here", None)
THERE = Prepare("/there", None)


class Process:
    """The other end of a worker's channel: it ends when it is told to."""

    def __init__(self, connection: socket.socket) -> None:
        self.told: list[Message] = []
        self._connection = connection
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        reader, writer = await asyncio.open_connection(sock=self._connection)
        while line := await reader.readline():
            self.told.append(decode(line))
            if self.told[-1] == Exit():
                break
        writer.close()
        await writer.wait_closed()

    def die(self) -> None:
        """End without being told."""
        self._connection.shutdown(socket.SHUT_RDWR)


class Makes:
    """Makes workers, and remembers their processes."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.workers: list[Worker] = []

    async def make(self) -> Worker:
        ours, theirs = socket.socketpair()
        process = Process(theirs)
        self.processes.append(process)
        incoming, outgoing = await asyncio.open_connection(sock=ours)
        output = asyncio.StreamReader()
        output.feed_eof()
        self.workers.append(Worker(_NO_PID, incoming, outgoing, output, _exit_code))
        return self.workers[-1]

    async def renew(self, modules: Modules) -> None:
        """None of these tests renews."""

    async def close(self) -> None:
        """Nothing is open."""


_NO_PID = 2**22 + 1  # above the largest pid Linux gives (pid_max_limit)


async def _exit_code() -> int:
    return 0


@pytest.fixture
async def makes() -> AsyncIterator[Makes]:
    """What makes the workers; all are ended afterwards."""
    makes = Makes()
    yield makes
    await asyncio.gather(*(worker.stop() for worker in makes.workers))
    await asyncio.gather(*(process.reading for process in makes.processes))


@pytest.fixture
async def source(makes: Makes) -> AsyncIterator[WorkerSource]:
    """Closed at the end."""
    source = WorkerSource(makes)
    yield source
    await source.close()


async def next_is_made(makes: Makes, number: int) -> None:
    """Wait for the process of that number."""
    while len(makes.processes) < number or len(makes.processes[number - 1].told) < 2:  # noqa: ASYNC110 - a background task tells in no other way
        await asyncio.sleep(0.01)


async def test_the_one_that_waits_is_given_out(source: WorkerSource, makes: Makes) -> None:
    """It was prepared before it was wanted; each is given out once, and the next one follows."""
    first = await source.take(HERE)
    await asyncio.wait_for(next_is_made(makes, 2), 10)
    second = await source.take(HERE)

    assert second is not first
    assert len(makes.processes) == 2
    assert makes.processes[1].told == [WarmUp(), HERE]


async def test_a_second_change_does_not_wait_for_the_pause(source: WorkerSource) -> None:
    """Wanted before its time, the next one is made at once."""
    workers = [await source.take(HERE) for _ in range(3)]

    assert len({id(worker) for worker in workers}) == 3


async def test_another_context_wants_another_worker(source: WorkerSource, makes: Makes) -> None:
    """One prepared with yesterday's .env is ended, not given out."""
    await source.take(HERE)
    await asyncio.wait_for(next_is_made(makes, 2), 10)
    second = await source.take(THERE)

    assert second.context == THERE
    assert len(makes.processes) == 3


async def test_a_dead_one_is_not_given_out(source: WorkerSource, makes: Makes) -> None:
    """What was killed while it waited is replaced."""
    await source.take(HERE)
    await asyncio.wait_for(next_is_made(makes, 2), 10)
    makes.processes[1].die()
    await asyncio.wait_for(makes.workers[1].gone.wait(), 10)

    assert not (await source.take(HERE)).gone.is_set()


async def test_closed_it_leaves_none_behind(makes: Makes) -> None:
    """The one that waits is told to end."""
    source = WorkerSource(makes)
    await source.take(HERE)
    await asyncio.wait_for(next_is_made(makes, 2), 10)
    await source.close()

    assert makes.processes[1].told == [WarmUp(), HERE, Exit()]


class LastMoment(Makes):
    """Stops whoever waits for a worker just as that is made."""

    stopped: asyncio.Task[Worker]

    async def make(self) -> Worker:
        worker = await super().make()
        asyncio.get_running_loop().call_soon(self.stopped.cancel)
        return worker


async def test_one_made_for_a_load_just_given_up_is_ended() -> None:
    """Nobody else knows of it."""
    makes = LastMoment()
    source = WorkerSource(makes, standby=False)
    makes.stopped = asyncio.create_task(source.take(HERE))
    await asyncio.wait({makes.stopped}, timeout=10)
    ended = makes.workers[0].gone.is_set()
    await makes.workers[0].stop()
    await makes.processes[0].reading
    assert (makes.stopped.cancelled(), ended) == (True, True)


async def test_one_taken_during_a_renewal_is_followed_by_one(makes: Makes) -> None:
    """Not by two, of which nobody would end the first."""
    source = WorkerSource(makes)
    first = await source.take(HERE)
    await asyncio.wait_for(next_is_made(makes, 2), 10)
    renewing = asyncio.create_task(source.renew(()))
    await asyncio.sleep(0)
    second = await source.take(HERE)
    await renewing
    await asyncio.wait_for(next_is_made(makes, 4), 10)
    await source.close()
    assert [each for each in makes.workers if not each.gone.is_set()] == [first, second]
