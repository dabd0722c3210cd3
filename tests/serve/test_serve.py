"""`poe serve`: a real one, with real workers, asked and signalled as a platform would."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from poecli.errors import ExitCode
from tests.emulator.asking import NO_TLS, query
from tests.poe import clean_environment, start
from tests.processes import all_gone

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals"),
]
KEY = "s" * 32
BOT = """\
import asyncio

import fastapi_poe as fp


class Slow(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="{word}")
        BEGAN.touch()
        while request.query[-1].content == "wait" and not WAIT.exists():
            await asyncio.sleep(0.02)
        yield fp.PartialResponse(text=" whole")


import pathlib

WAIT = pathlib.Path("go")
BEGAN = pathlib.Path("began")
print("loaded by", __name__)
fp.run(Slow())
"""
LOADS_FOR_LONG = """\
import pathlib
import time

pathlib.Path("loading").touch()
time.sleep(60)
"""


@dataclass
class Served:
    """A running `poe serve` in ``folder``; ``events`` are its JSON lines, the access log too."""

    folder: Path
    process: Process
    events: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def event(self, kind: str, number: int = 1) -> dict[str, Any]:
        """The event of that type; the ``number``-th one."""
        while len(self.of(kind)) < number:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)
        return self.of(kind)[number - 1]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [e for e in self.events if kind in (e.get("type"), e.get("event"))]

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.events.append(json.loads(line))
            self.news.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.of('ready')[0]['port']}"

    def save(self, text: str) -> None:
        (self.folder / "main.py").write_text(text, encoding="utf-8")


@asynccontextmanager
async def poe_serve(folder: Path, *flags: str) -> AsyncIterator[Served]:
    """A `poe serve` of the bot, ready."""
    (folder / "main.py").write_text(BOT.format(word="old"), encoding="utf-8")
    with (folder / "said").open("w") as said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "poecli", "serve", "--json", "--host", "127.0.0.1", *flags),
            cwd=folder,
            env=clean_environment(POE_ACCESS_KEY=KEY, PORT="0"),
            stdout=PIPE,
            stderr=said,
        )
    served = Served(folder, process)
    reading = asyncio.create_task(served.read())
    try:
        await served.event("ready")
        yield served
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One for all tests that leave it running, on a Python that can be taken away."""
    folder = tmp_path_factory.mktemp("bot")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    async with poe_serve(folder, "--python", str(python)) as running:
        yield running


def client(served: Served, key: str = KEY) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.7"}
    return httpx.AsyncClient(base_url=served.url, verify=NO_TLS, headers=headers, timeout=60)


async def ask(served: Served, text: str) -> str:
    """The text of an answer, and whether it came to its end."""
    body = query(text, user_id="u", conversation_id="c")
    async with client(served) as http:
        answer = await http.post("/", json=body, params={"secret": "in-the-url"})
    lines = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    end = "" if lines[-1:] == [{}] else " (cut)"
    return "".join(line.get("text", "") for line in lines) + end


async def under_way(served: Served) -> None:
    """Wait until an answer has begun that goes on until the file ``go`` is there."""
    while not (served.folder / "began").exists():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.02)


async def test_it_answers_as_deployed(served: Served) -> None:
    """`fp.run` in the file starts nothing of its own, and no local Poe stands behind it."""
    assert await ask(served, "hello") == "old whole"


async def test_a_wrong_key_is_refused(served: Served) -> None:
    """The bot's key is that of the environment."""
    async with client(served, "x" * 32) as http:
        assert (await http.post("/", json=query())).status_code == 401


async def test_health_tells_the_build(served: Served) -> None:
    """That of the files, as it was told at the start."""
    async with client(served) as http:
        health = (await http.get("/health")).json()

    ready = await served.event("ready")
    assert health == {"status": "ready", "build": ready["build"], "running": 0}


async def test_each_request_is_a_line_without_texts_and_keys(served: Served) -> None:
    """Who, what and how long; no body, no header, no query string."""
    before = len(served.of("request"))
    await ask(served, "a text of mine")
    line = await served.event("request", before + 1)

    assert {name: line[name] for name in ("client", "method", "path", "status", "whole")} == {
        "client": "203.0.113.7",
        "method": "POST",
        "path": "/",
        "status": 200,
        "whole": True,
    }
    assert line["bytes"] > 0
    assert line["ms"] >= line["first_ms"] > 0
    said = json.dumps(served.events)
    assert not any(secret in said for secret in ("a text of mine", KEY, "in-the-url"))


async def test_at_a_hangup_new_files_answer_and_begun_answers_end(served: Served) -> None:
    """The old worker ends what it began; what comes meanwhile is the new one's."""
    (served.folder / "began").unlink(missing_ok=True)
    running = asyncio.create_task(ask(served, "wait"))
    await under_way(served)
    served.save(BOT.format(word="new"))
    os.kill(served.process.pid, signal.SIGHUP)
    renewed = await served.event("renewed")
    draining = await served.event("draining")
    new = await ask(served, "hello")
    (served.folder / "go").touch()

    assert new == "new whole"
    assert await running == "old whole"
    assert (draining["worker"], draining["running"]) == (renewed["old"], 1)
    assert renewed["build"] != (await served.event("ready"))["build"]


async def test_new_files_of_the_size_and_time_of_the_old_ones_answer(tmp_path: Path) -> None:
    """Copied with their times, or within a second: Python's cache takes them for the old ones."""
    async with poe_serve(tmp_path) as served:
        before = (tmp_path / "main.py").stat()
        served.save(BOT.format(word="new"))
        os.utime(tmp_path / "main.py", ns=(before.st_atime_ns, before.st_mtime_ns))
        os.kill(served.process.pid, signal.SIGHUP)
        renewed = await served.event("renewed")
        assert await all_gone({renewed["old"]})
        assert await ask(served, "hello") == "new whole"


async def test_a_connection_whose_request_is_late_is_still_answered(served: Served) -> None:
    """It was accepted by a worker that is to end: a proxy on a busy machine may take a second."""
    port = (await served.event("ready"))["port"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert (await ask(served, "hello")).endswith("whole")  # so that both were accepted
    before = len(served.of("renewed"))
    os.kill(served.process.pid, signal.SIGHUP)
    await served.event("renewed", before + 1)
    await asyncio.sleep(1)  # twice as long as any connection is given
    writer.write(b"GET /health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert b'"draining"' in answer


async def test_files_that_do_not_load_change_nothing(served: Served) -> None:
    """At a hang-up the old worker stays, and the reason is told."""
    served.save("import nothing_of_that_name")
    os.kill(served.process.pid, signal.SIGHUP)
    failed = await served.event("renewal-failed")

    assert "nothing_of_that_name" in failed["message"] + failed["why"]
    assert (await ask(served, "hello")).endswith("whole")


async def test_files_that_load_for_ever_can_be_mended(served: Served) -> None:
    """The next hang-up takes their place, and does not wait for them."""
    before = len(served.of("renewed"))
    served.save("open('begun', 'w').close()\nimport time\ntime.sleep(600)")  # to be ended
    os.kill(served.process.pid, signal.SIGHUP)
    while not (served.folder / "begun").exists():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.02)
    served.save(BOT.format(word="mended"))
    os.kill(served.process.pid, signal.SIGHUP)
    renewed = await served.event("renewed", before + 1)

    assert renewed["build"] not in {event["build"] for event in served.of("renewed")[:before]}


async def test_a_worker_that_dies_is_started_anew(served: Served) -> None:
    """And said so, with why it did not load; also where for a while there is no Python for it."""
    workers = [event["worker"] for event in served.of("renewed")]
    python, away = served.folder / "python", served.folder / "python.old"
    python.rename(away)
    os.kill((workers or (await served.event("ready"))["workers"])[-1], signal.SIGKILL)
    died = await served.event("worker-died")
    missed = await served.event("worker-not-started")
    served.save("import nothing_of_that_name")
    away.rename(python)
    broken = await served.event("worker-died", 3)
    served.save(BOT.format(word="again"))

    assert died["how"] == "ended by SIGKILL"
    assert missed["message"] == f"{python} can't be started. No such file or folder."
    assert "nothing_of_that_name" in broken["how"]
    assert await ask(served, "hello") == "again whole"


async def test_at_the_end_answers_that_began_are_whole(tmp_path: Path) -> None:
    """SIGTERM: draining, said so, and code 0 after the last `done`."""
    async with poe_serve(tmp_path) as served:
        running = asyncio.create_task(ask(served, "wait"))
        await under_way(served)
        served.process.terminate()
        draining = await served.event("draining")
        (tmp_path / "go").touch()

        assert draining["running"] == 1
        assert await running == "old whole"
        assert await served.process.wait() == 0


async def test_answers_that_last_too_long_are_cut_in_the_end(tmp_path: Path) -> None:
    """After --drain seconds, as if their users had hung up: without a traceback of the server's."""
    async with poe_serve(tmp_path, "--drain", "0.2") as served:
        running = asyncio.create_task(ask(served, "wait"))
        await under_way(served)
        served.process.terminate()

        assert await served.process.wait() == 0
        with pytest.raises(httpx.RemoteProtocolError):
            await running
    assert "Traceback" not in (tmp_path / "said").read_text()


async def test_without_a_key_nothing_starts(tmp_path: Path) -> None:
    """Code 3, and how to get one."""
    (tmp_path / "main.py").write_text(BOT.format(word="x"), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "poecli", "serve", "--port", "0"),
        cwd=tmp_path,
        env=clean_environment(),
        stderr=PIPE,
    )
    _, said = await process.communicate()

    assert process.returncode == ExitCode.KEY
    assert b"--allow-without-key" in said


async def test_it_serves_and_ends_also_where_nobody_reads_its_log(tmp_path: Path) -> None:
    """A log shipper that died takes no bot with it."""
    (tmp_path / "main.py").write_text(BOT.format(word="old"), encoding="utf-8")
    log, written = os.pipe()
    env = {"POE_ACCESS_KEY": KEY, "PORT": "0"}
    # Cold: a warm worker outlives for a moment the process that stands for it.
    streams = {"stdout": written, "stderr": asyncio.subprocess.DEVNULL}
    process = await start("serve", "--json", cwd=tmp_path, env=env, warm=False, **streams)
    os.close(written)
    served = Served(tmp_path, process)
    try:
        served.events += await asyncio.to_thread(_lines_to_ready, log)
        (worker,) = served.of("ready")[0]["workers"]
        os.kill(worker, signal.SIGKILL)
        assert await all_gone({worker})

        assert await ask(served, "hi") == "old whole"
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == ExitCode.DONE
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _lines_to_ready(log: int) -> list[dict[str, Any]]:
    """What is told until it is ready; nobody reads on."""
    lines: list[dict[str, Any]] = []
    with os.fdopen(log) as stream:
        while not any("ready" in line.values() for line in lines):
            lines.append(json.loads(stream.readline()))
    return lines


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_told_to_end_before_it_serves_it_ends_without_a_word(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """With two workers whose files take their time."""
    (tmp_path / "main.py").write_text(LOADS_FOR_LONG, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "poecli", "serve", "--quiet", "--workers", "2"),
        cwd=tmp_path,
        env=clean_environment(POE_ACCESS_KEY=KEY, PORT="0"),
        stderr=PIPE,
    )
    while not (tmp_path / "loading").exists():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.02)
    process.send_signal(number)
    _, said = await asyncio.wait_for(process.communicate(), 60)

    assert (process.returncode, said) == (code, b"")
