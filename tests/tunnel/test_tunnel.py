"""A tunnel to the bots, with stand-ins for its client: what passes, and what is said of each."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from poecli.config.credentials import Secret
from poecli.dev_events import (
    DevEvent,
    FileStored,
    TunnelClosed,
    TunnelOpened,
    TurnStarted,
)
from poecli.errors import PoeCliError
from poecli.local.flags import LocalFlags
from poecli.local.options import settle_options
from poecli.local.project import local_project
from poecli.local.tunnel import Tunnel, TunnelOptions
from poecli.probe import queries
from poecli.step_results import Status
from poecli.tunnel import keeper
from poecli.tunnel.clients import parse_client
from poecli.tunnel.process import running
from tests.needs import needs
from tests.poe import user_env
from tests.processes import all_gone
from tests.servers import closed_port, serving
from tests.tunnel.outside import BOT, KEY, LIMIT_SECONDS, STANDIN, Outside, client
from tests.tunnel.paths import CALLERS, GONE
from tests.tunnel.sshd import sshd

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    """One project for all, every bot that it calls live on a Poe that is a stand-in."""
    folder, events, asked = tmp_path_factory.mktemp("tunnel"), list[DevEvent](), list[Any]()
    (folder / "main.py").write_text(BOT)

    async def real_poe(request: web.Request) -> web.Response:
        body = await request.json()
        asked.append((request.path, request.headers["Authorization"], body["access_key"]))
        stream = 'event: text\ndata: {"text": "live "}\n\nevent: done\ndata: {}\n\n'
        return web.Response(text=stream, content_type="text/event-stream")

    app = web.Application()
    app.router.add_post("/{tail:.*}", real_poe)
    async with serving(app) as url:
        flags = LocalFlags.for_one_command(str(folder), bot=("*=live",))
        env = user_env(folder, POE_BASE_URL=url, POE_ACCESS_KEY=KEY, POE_API_KEY="author-" + KEY)
        options = settle_options(flags, env, folder)
        async with local_project(options, events.append) as project:
            await project.wait_ready()
            found = Outside(project, events, asked)
            found.door = project.server.tunnel_door(None)
            project.platform.public_origin = "https://abc.trycloudflare.com"
            async with found.door.open(project.platform.public_routes(), events.append):
                yield found


# --- what passes ---


@pytest.mark.parametrize(("method", "path"), GONE)
async def test_nothing_but_the_bots_is_there(outside: Outside, method: str, path: str) -> None:
    """404 whatever the caller claims to be, and 405 for a file that is not read."""
    answers = {
        (await outside.ask(method, path, *(line.format(port=outside.door.port) for line in caller)))
        .partition("\r\n")[0]
        .split()[1]
        for caller in CALLERS
    }

    assert answers <= {"404", "405"}
    assert answers == {"404"} or path.startswith("/_poe/files/")


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("POST", "/", KEY, "200"),
        ("POST", "/two", KEY, "200"),
        ("POST", "/", "0" * 32, "401"),
        ("POST", "/", "", "401"),
        ("GET", "/", "", "200"),
    ],
)
async def test_the_bots_are_asked_for_by_their_key(
    outside: Outside, method: str, path: str, key: str, status: str
) -> None:
    """Poe's requests pass; without the key only the page that a bot is there."""
    body = json.dumps(queries.settings()).encode() if method == "POST" else b""

    answer = await outside.ask(
        method, path, "Host: abc.trycloudflare.com", f"Authorization: Bearer {key}", body=body
    )

    assert answer.split()[1] == status


async def test_a_query_from_outside_is_marked(outside: Outside) -> None:
    """What happens beside the bot says which way a turn came."""
    assert "outside" in await outside.query("hi", path="/two")

    assert outside.last(TurnStarted).tunneled
    assert outside.last(TurnStarted).path == "/two"


async def test_calls_of_such_a_query_go_to_poe_with_its_own_key(outside: Outside) -> None:
    """The user pays; a query from this machine has the author's key."""
    assert "live " in await outside.query("call")

    assert outside.asked[-1] == ("/bot/GPT-4o", f"Bearer {KEY}", KEY)


async def test_a_file_has_a_url_that_poe_can_fetch(outside: Outside) -> None:
    """It is the tunnel's, and it leads to the file."""
    answer = await outside.query("file")

    url = outside.last(FileStored).url
    assert url.startswith("https://abc.trycloudflare.com/_poe/files/")
    assert url in answer
    path = url.removeprefix("https://abc.trycloudflare.com")
    assert (await outside.ask("GET", path, "Host: abc.trycloudflare.com")).endswith("bytes")


# --- the client ---


class Told(list[DevEvent]):
    """What a tunnel tells."""

    async def heard(self, count: int) -> None:
        while len(self) < count:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def tunnel(
    outside: Outside, options: TunnelOptions, env: Mapping[str, str] = os.environ
) -> AsyncIterator[tuple[Told, asyncio.Task[None]]]:
    """A tunnel that is kept, and what it tells."""
    told, loaded = Told(), asyncio.Event()
    loaded.set()
    kept = Tunnel(
        outside.project, options, env, loaded=loaded, tell=told.append, say=lambda _: None
    )
    keeping = asyncio.create_task(kept.keep())
    opening = asyncio.create_task(kept.wait_opened())
    try:
        done = await asyncio.wait(
            {keeping, opening}, return_when=asyncio.FIRST_COMPLETED, timeout=LIMIT_SECONDS
        )
        assert done[0]
        yield told, keeping
    finally:
        for task in (keeping, opening):
            task.cancel()
        await asyncio.gather(keeping, opening, return_exceptions=True)


def notes(steps: Sequence[Any]) -> dict[str, str]:
    """What was found that is no loopback's, by step."""
    bad = (Status.NOTE, Status.FAILED)
    return {s.step: s.says for s in steps if s.status in bad and s.step != "address"}


@pytest.mark.parametrize(
    ("kind", "last", "found"),
    [
        ("honest", "first event at /two", {}),
        ("late", "first event at /two", {}),
        ("buffers", "streaming", {"streaming": "The stream is held back on the way: 6 events"}),
    ],
)
async def test_a_client_that_forwards(
    outside: Outside, kind: str, last: str, found: dict[str, str]
) -> None:
    """Its URL is found, each bot tried from outside, and told with what Poe is to be given."""
    async with tunnel(outside, TunnelOptions(client(kind))) as (told, _):
        opened = told[0]
        assert isinstance(opened, TunnelOpened)
        assert opened.steps[-1].step == last
        said = notes(opened.steps)
        assert said.keys() == found.keys()
        assert all(said[step].startswith(words) for step, words in found.items())
        assert opened.ok is not bool(found)
        assert [bot.url for bot in opened.bots] == [
            f"{opened.public_url}/",
            f"{opened.public_url}/two",
        ]


async def test_a_client_by_its_name(outside: Outside, tmp_path: Path) -> None:
    """`cloudflared` on PATH is given the door's address; its URL is stated, for it prints none."""
    port = closed_port()
    program = tmp_path / "cloudflared"
    program.write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "tunnel --no-autoupdate --url" ] &&'
        f' exec {sys.executable} {STANDIN} silent "${{4##*:}}" {port}\n'
    )
    program.chmod(0o755)
    options = TunnelOptions(parse_client("cloudflared"), url=f"http://127.0.0.1:{port}/")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    async with tunnel(outside, options, {**os.environ, "PATH": path}) as (told, _):
        opened = told[0]

    assert isinstance(opened, TunnelOpened)
    assert opened.ok
    assert opened.client == "cloudflared"
    assert opened.public_url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("options", "says", "its_words"),
    [
        (TunnelOptions(client("silent"), url_seconds=0.3), "has not printed a public address", ""),
        (
            TunnelOptions(client("broken")),
            "ended before it printed a public address",
            "authentication failed: the token is missing",
        ),
        (
            TunnelOptions(parse_client("no-such-tunnel {port}")),
            "The tunnel client 'no-such-tunnel' is not installed.",
            "",
        ),
    ],
    ids=["silent", "broken", "missing"],
)
async def test_a_client_that_brings_no_url(
    outside: Outside, options: TunnelOptions, says: str, its_words: str
) -> None:
    """It ends with what happened; what a client said that broke is shown: it says best why."""
    async with tunnel(outside, options) as (told, keeping):
        with pytest.raises(PoeCliError) as caught:
            await keeping

    assert told == []
    assert says in caught.value.message
    assert caught.value.detail == its_words
    assert caught.value.hint


async def test_a_client_that_is_no_program(outside: Outside, tmp_path: Path) -> None:
    """A script without its first line: said in the system's words, by no traceback of ours."""
    program = tmp_path / "client"
    program.write_text("exit\n")
    program.chmod(0o755)
    async with tunnel(outside, TunnelOptions(parse_client(f"{program} {{port}}"))) as (_, keeping):
        with pytest.raises(PoeCliError) as caught:
            await keeping

    assert caught.value.detail == f"{program} can't be started: Exec format error"


async def test_a_client_that_dies_is_started_again(outside: Outside) -> None:
    """Its end is told with its last words, and then the URL that it has now."""
    async with tunnel(outside, TunnelOptions(client("dies"))) as (told, _):
        await asyncio.wait_for(told.heard(3), LIMIT_SECONDS)

    first, closed, second = told[:3]
    assert isinstance(first, TunnelOpened)
    assert isinstance(closed, TunnelClosed)
    assert isinstance(second, TunnelOpened)
    assert closed.how == "exit code 1"
    assert closed.last_output[-1] == "the session was closed by the server"
    assert first.public_url != second.public_url


async def test_a_url_that_leads_nowhere_is_told(outside: Outside) -> None:
    """--tunnel-url names an address that nobody answers: the step says so."""
    url = f"http://127.0.0.1:{closed_port()}"
    options = TunnelOptions(client("silent"), url=url, patience=0.0)
    async with tunnel(outside, options) as (told, _):
        opened = told[0]

    assert isinstance(opened, TunnelOpened)
    assert opened.steps[-1].says.startswith("Nothing listens on 127.0.0.1:")


LEAVES = """
import subprocess, sys
left = [sys.executable, "-c", "import time; time.sleep(600)"]  # to be ended
print(subprocess.Popen(left, start_new_session=True).pid, flush=True)
"""


async def test_the_end_of_a_client_is_seen_though_what_it_started_lives_on(tmp_path: Path) -> None:
    """A daemon of its own, say, which holds its output open."""
    (tmp_path / "client.py").write_text(LEAVES)
    leaving = parse_client(f"{sys.executable} {tmp_path / 'client.py'} {{port}}")
    said: asyncio.Queue[str] = asyncio.Queue()
    async with running(leaving, 1, os.environ, said.put_nowait) as process:
        pid = int(await asyncio.wait_for(said.get(), LIMIT_SECONDS))
        try:
            how = await asyncio.wait_for(process.ended(), LIMIT_SECONDS)
        finally:
            os.kill(pid, signal.SIGTERM)
    assert how == "exit code 0"


async def test_a_client_ends_when_we_do() -> None:
    """Also killed: it hangs on a pipe that closes with us."""
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"  # to be ended
    kept = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", keeper.__file__, sys.executable, "-c", code),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert kept.stdin is not None
    assert kept.stdout is not None
    pid = int(await kept.stdout.readline())
    kept.stdin.close()
    await asyncio.wait_for(kept.wait(), LIMIT_SECONDS)

    assert await all_gone({pid})


@needs("ssh")
@needs("sshd")
async def test_ssh_to_a_server_of_ones_own(outside: Outside, tmp_path: Path) -> None:
    """`ssh -R` to a real sshd, which allocates a port and says which."""
    async with (
        sshd(tmp_path) as words,
        tunnel(outside, TunnelOptions(parse_client(words))) as (
            told,
            _,
        ),
    ):
        opened = told[0]

    assert isinstance(opened, TunnelOpened)
    assert opened.client == "ssh 127.0.0.1"
    assert opened.ok


async def test_a_bot_that_takes_any_key_is_behind_one_that_is_made(tmp_path: Path) -> None:
    """The door itself asks for it; on this machine the bot goes on taking any."""
    (tmp_path / "main.py").write_text(BOT)
    flags = LocalFlags.for_one_command(str(tmp_path))
    options = settle_options(flags, user_env(tmp_path), tmp_path)
    async with local_project(options, lambda _: None) as project:
        await project.wait_ready()
        found = Outside(project, [], [])
        found.door = project.server.tunnel_door(Secret(KEY))
        async with found.door.open([], lambda _: None):
            refused, answered = await found.query("hi", key="0" * 32), await found.query("hi")

    assert refused.split()[1] == "401"
    assert "outside" in answered
