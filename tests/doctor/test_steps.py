"""`poe doctor`: each step breaks for exactly its own cause."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from poecli.config.project import BotEntry, DevTable, Project
from poecli.config.python.interpreter import install_line
from poecli.config.settings import Environment
from poecli.doctor import deployed, machine, project
from poecli.doctor.context import DoctorContext
from poecli.doctor.steps import STEPS
from poecli.errors import BotLoadError, PoeCliError, ProjectFileError
from poecli.step_results import Status, StepResult, examined

KEY = "k" * 32
SETTINGS = {"response_version": 2, "allow_attachments": True}


@dataclass
class Bot:
    """A deployed bot; ``careful`` means that it refuses a wrong key."""

    careful: bool = True
    status: int = 200

    async def answer(self, request: web.Request) -> web.Response:
        if self.careful and request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"detail": "no"}, status=401)
        return web.json_response(SETTINGS, status=self.status)


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[[Bot], Awaitable[str]]]:
    """Serve bots on loopback; gives their URLs."""
    servers: list[TestServer] = []

    async def start(bot: Bot) -> str:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", bot.answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/"))

    yield start
    for server in servers:
        await server.close()


async def loads(_bot: str) -> None:
    """It does."""


async def broken_bot(_bot: str) -> None:
    raise BotLoadError("main.py failed.", why="NameError: x", hint="Mend line 3.")


async def no_drift(_bot: str) -> Sequence[str] | None:
    return ()


async def drifted(_bot: str) -> Sequence[str] | None:
    return ("introduction_message",)


async def never_synced(_bot: str) -> Sequence[str] | None:
    return None


async def only_mine_drifted(bot: str) -> Sequence[str] | None:
    return ("name",) if bot == "my-bot" else None


def context(
    root: Path,
    url: str | None = None,
    *,
    base_url: str = "http://127.0.0.1:9",
    load: Callable[[str], Awaitable[object]] = loads,
    drift: Callable[[str], Awaitable[Sequence[str] | None]] = no_drift,
    env: Mapping[str, str] | None = None,
    port: int | None = None,
    broken: PoeCliError | None = None,
) -> DoctorContext:
    here = Project(
        root=root,
        file=root / "poe.toml",
        bots={"my-bot": BotEntry("my-bot", url=url)},
        dev=DevTable(port=port),
    )
    environment = Environment({"POE_ACCESS_KEY": KEY, "HOME": str(root), **(env or {})})
    return DoctorContext(here, environment, base_url, broken, None, load, drift)


def ignore(_finding: StepResult) -> None:
    """Nobody watches."""


async def test_a_healthy_project_passes_every_step(
    tmp_path: Path, serve: Callable[[Bot], Awaitable[str]]
) -> None:
    """With everything in place no step fails, and none is left out."""
    url = await serve(Bot())
    told: list[StepResult] = []

    findings = await examined(STEPS, context(tmp_path, url, base_url=url), told.append)

    assert told == findings
    assert len(findings) == len(STEPS)
    assert Status.FAILED not in {finding.status for finding in findings}
    assert max(finding.ms for finding in findings) > 0


@pytest.mark.parametrize(
    ("bot", "options", "step", "fix"),
    [
        pytest.param(
            Bot(),
            {"broken": ProjectFileError("poe.toml:1: unknown key.", hint="'port'")},
            "project file",
            "'port'",
            id="poe.toml",
        ),
        pytest.param(Bot(), {"load": broken_bot}, "bot loads", "Mend line 3.", id="bot"),
        pytest.param(Bot(status=500), {}, "deployed bot", "", id="deployed bot fails"),
        pytest.param(Bot(careful=False), {}, "wrong key", "POE_ACCESS_KEY", id="open to all"),
        pytest.param(Bot(), {"drift": drifted}, "settings", "poe sync-settings", id="drift"),
    ],
)
async def test_the_first_cause_ends_the_examination(
    tmp_path: Path,
    serve: Callable[[Bot], Awaitable[str]],
    bot: Bot,
    options: dict[str, Any],
    step: str,
    fix: str,
) -> None:
    """The last finding is the one that failed, with what to type."""
    findings = await examined(STEPS, context(tmp_path, await serve(bot), **options), ignore)

    assert [f.step for f in findings if f.status is Status.FAILED] == [step]
    assert findings[-1].step == step
    assert fix in findings[-1].fix


async def test_a_deployed_bot_needs_https(tmp_path: Path) -> None:
    """Poe calls bots over HTTPS only."""
    finding = await deployed.deployed_url(context(tmp_path, "http://bot.example.com/"))
    assert (finding.status, "https" in finding.says) == (Status.FAILED, True)


async def test_what_is_not_there_is_skipped(tmp_path: Path) -> None:
    """Without a URL and a sync there is nothing to compare."""
    alone = context(tmp_path, drift=never_synced)
    found = [
        await deployed.deployed_url(alone),
        await deployed.wrong_key(alone),
        await project.settings_in_step(alone),
    ]
    assert {finding.status for finding in found} == {Status.SKIPPED}


async def test_each_bot_is_loaded(tmp_path: Path) -> None:
    """By its name, since each may have a file of its own."""
    loaded: list[str] = []

    async def load(bot: str) -> None:
        loaded.append(bot)

    alone = context(tmp_path, load=load)
    two = {**alone.project.bots, "other-bot": BotEntry("other-bot", target="other.py")}

    await project.bot_loads(replace(alone, project=replace(alone.project, bots=two)))

    assert loaded == ["my-bot", "other-bot"]


async def test_a_bot_that_was_never_synced_hides_no_other(tmp_path: Path) -> None:
    """Its settings can't be compared, and those of the next bot can."""
    alone = context(tmp_path, drift=only_mine_drifted)
    new = {"new": BotEntry("new"), **alone.project.bots}
    both = replace(alone, project=replace(alone.project, bots=new))

    finding = await project.settings_in_step(both)

    assert finding.says == "my-bot: name changed since the last sync."


async def test_what_is_missing_is_installed_where_poe_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is, however poe was installed; extras are not missing."""
    asked = ["pytest>=1", "not-here<2,>=1", "nor_this", 'not-wanted>=1; extra == "keyring"']
    monkeypatch.setattr(metadata, "requires", lambda _name: asked)
    finding = await machine.package(context(tmp_path))

    assert finding.says == "Missing: not-here, nor_this."
    assert finding.fix == install_line("not-here<2,>=1", "nor_this")
    assert finding.fix.endswith(' "not-here<2,>=1" nor_this')


async def test_a_taken_port_is_a_note(tmp_path: Path) -> None:
    """A port in use is worth knowing and hinders nothing."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        finding = await machine.port(context(tmp_path, port=holder.getsockname()[1]))

    assert (finding.status, "--port 0" in finding.fix) == (Status.NOTE, True)


async def test_no_network_is_a_note(tmp_path: Path) -> None:
    """poe dev works without any network."""
    finding = await machine.network(context(tmp_path))
    assert finding.status is Status.NOTE


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("from poethepoet import main", Status.NOTE, id="poethepoet"),
        pytest.param("from poecli.commands.app import main", Status.OK, id="ours"),
        pytest.param(None, Status.NOTE, id="none"),
    ],
)
async def test_the_other_poe_is_recognised(
    tmp_path: Path, script: str | None, status: Status
) -> None:
    """poethepoet installs a program of the same name."""
    for text in filter(None, [script]):
        (tmp_path / "poe").write_text(f"#!/usr/bin/env python3\n{text}\n", encoding="utf-8")
        (tmp_path / "poe").chmod(0o755)

    found = await machine.which_poe(context(tmp_path, env={"PATH": str(tmp_path)}))

    assert found.status is status


async def test_no_key_is_told(tmp_path: Path) -> None:
    """A finding never holds a key, only where it came from."""
    finding = await project.keys(context(tmp_path))
    assert KEY not in finding.says
    assert "POE_ACCESS_KEY (environment)" in finding.says
