"""Generations behind the gateway: real workers, real sockets, saves told by hand."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from poecli.config.credentials import Secret
from poecli.config.python.interpreter import own_interpreter
from poecli.config.target import Target
from poecli.dev_events import (
    Advice,
    BotRaised,
    LogLine,
    Notice,
    Ready,
    Reloaded,
    Stalled,
    TurnEnded,
    TurnStarted,
    ViolationSeen,
    WorkerDied,
)
from poecli.devserver.server import DevOptions, DevServer
from poecli.errors import BotLoadError, UsageError
from poecli.local.settings import read_local_settings
from tests.devserver.bots import write_bot
from tests.devserver.running import running

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="fork servers are Linux's")
SOURCES = [pytest.param("fork", marks=ON_LINUX), "standby", "fresh"]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("source", SOURCES)
async def test_a_change_is_taken_in_by_each_kind_of_worker(tmp_path: Path, source: str) -> None:
    """A request that follows the save waits for the new code, wherever its worker comes from."""
    write_bot(tmp_path, "one")
    async with running(tmp_path, reload_with=source) as run:
        assert (await run.bot.ask("hi")).text == "one: hi"
        write_bot(tmp_path, "two")
        run.saved()
        reloaded = await run.next(Reloaded)
        answer = await run.bot.ask("hi")
    assert (reloaded.ok, reloaded.files, reloaded.generation) == (True, ("main.py",), 2)
    assert (answer.text, answer.generation) == ("two: hi", 2)


async def test_a_request_during_a_swap_waits_for_it(tmp_path: Path) -> None:
    """Asked in the moment of the save, none is refused; the old code answers if the new is late."""
    write_bot(tmp_path, "one")
    async with running(tmp_path) as run:
        write_bot(tmp_path, "two")
        run.saved()
        await asyncio.sleep(0)  # the watcher's task takes the batch
        answers = await asyncio.gather(*(run.bot.ask("hi") for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    assert {answer.text for answer in answers} <= {"one: hi", "two: hi"}


async def test_many_saves_are_one_change(tmp_path: Path) -> None:
    """Ten saves shortly after each other give one reload, with every file's name once."""
    write_bot(tmp_path, "one")
    async with running(tmp_path) as run:
        write_bot(tmp_path, "two")
        for number in range(10):
            run.watcher.saved(tmp_path / "main.py", tmp_path / f"file{number}.txt")
        reloaded = await run.next(Reloaded)
        answer = await run.bot.ask("hi")
    assert len(reloaded.files) == 11
    assert (answer.text, answer.generation) == ("two: hi", 2)
    assert len(run.all(Reloaded)) == 1


async def test_a_first_load_that_fails_is_mended_by_a_save(tmp_path: Path) -> None:
    """wait_ready raises the loader's error, requests get it as an event, a save makes it ready."""
    write_bot(tmp_path, "one", end="raise RuntimeError('at import')\n")
    async with running(tmp_path, ready=False) as run:
        with pytest.raises(BotLoadError, match=r"main\.py"):
            await run.server.wait_ready()
        refused = await run.bot.ask("hi")
        write_bot(tmp_path, "two")
        run.saved()
        await run.next(Ready)
        answer = await run.bot.ask("hi")
    assert (refused.status, refused.events) == (200, ["error", "done"])
    assert answer.text == "two: hi"


async def test_a_worker_that_dies_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    """The client gets what was said, an error event and done; the bot is started again."""
    write_bot(tmp_path)
    async with running(tmp_path) as run:
        broken = await run.bot.ask("die")
        died = await run.next(WorkerDied)
        again = await run.bot.ask("hi")
    assert broken.events == ["text", "error", "done"]
    assert (died.generation, died.how, died.restart_ms) == (1, "ended by SIGKILL", 0)
    assert again.text == "one: hi"


async def test_a_worker_that_dies_again_and_again_is_given_time(tmp_path: Path) -> None:
    """Its traceback and its last output are told, and each restart waits longer."""
    end = (
        "import threading\n"
        "print('last words', flush=True)\n"
        "threading.Timer(0.3, os._exit, [3]).start()\n"
    )
    write_bot(tmp_path, end=end)
    async with running(tmp_path, reload_with="fresh") as run:
        deaths = [await run.next(WorkerDied) for _ in range(2)]
    assert [death.restart_ms for death in deaths] == [0, 500]
    assert deaths[0].how == "exit code 3"
    assert "last words" in deaths[0].last_output


async def test_a_blocked_loop_is_named_with_its_line(tmp_path: Path) -> None:
    """time.sleep in an answer: file, line, function and milliseconds."""
    file = write_bot(tmp_path)
    async with running(tmp_path) as run:
        await run.bot.ask("block")
        stalled = await run.next(Stalled)
    line = file.read_text().splitlines().index("            time.sleep(0.6)") + 1
    assert (stalled.file, stalled.line, stalled.function) == ("main.py", line, "get_response")
    assert stalled.ms >= 400


async def test_what_the_bot_prints_and_raises_belongs_to_its_turn(tmp_path: Path) -> None:
    """Output and tracebacks carry the number of the turn."""
    write_bot(tmp_path)
    async with running(tmp_path) as run:
        await run.bot.ask("print")
        printed = await run.next(LogLine)
        await run.bot.ask("raise")
        raised = await run.next(BotRaised)
        ended = await run.next(TurnEnded, turn=2)
    assert (printed.text, printed.turn) == ("printed by the bot", 1)
    assert (raised.message, raised.turn) == ("ValueError: raised by the bot", 2)
    assert raised.place is not None
    assert raised.place.startswith("main.py:")
    assert ended.error


async def test_a_broken_rule_is_told_of_each_turn(tmp_path: Path) -> None:
    """The author who has mended nothing by a save must not be told that all is well now."""
    write_bot(tmp_path)
    async with running(tmp_path) as run:
        await run.bot.ask("meta")
        await run.bot.ask("meta")
        await run.next(TurnEnded, turn=2)
    assert [(v.rule, v.turn) for v in run.all(ViolationSeen)] == [
        ("meta-not-first", 1),
        ("meta-not-first", 2),
    ]


async def test_a_client_that_hangs_up_ends_the_generator(tmp_path: Path) -> None:
    """The bot's own clean-up runs, and the turn says that the client went."""
    body = "try:\n                    await asyncio.sleep(SECONDS / 20)\n                finally:\n"
    file = write_bot(tmp_path, seconds=600)
    text = file.read_text().replace(
        "await asyncio.sleep(SECONDS / 20)", f"{body}                    print('cleaned up')"
    )
    file.write_text(text)
    async with running(tmp_path) as run:
        asking = asyncio.create_task(run.bot.ask("slow"))
        await run.next(TurnStarted)
        await asyncio.sleep(0.2)  # let the answer begin; what follows waits for its report
        asking.cancel()
        assert (await run.next(LogLine)).text == "cleaned up"
        assert (await run.next(TurnEnded)).hung_up


async def test_the_env_file_reaches_the_bot_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """.env fills what the environment leaves unset; a change of it is taken in."""
    monkeypatch.setenv("DEV_TEST_REAL", "real")
    file = write_bot(tmp_path)
    word = 'WORD = os.environ["DEV_TEST_FILE"] + os.environ["DEV_TEST_REAL"]'
    file.write_text(file.read_text().replace("WORD = 'one'", word))
    (tmp_path / ".env").write_text("DEV_TEST_FILE=first\nDEV_TEST_REAL=file\n")
    async with running(tmp_path) as run:
        before = await run.bot.ask("hi")
        (tmp_path / ".env").write_text("DEV_TEST_PART=sec\nDEV_TEST_FILE=${DEV_TEST_PART}ond\n")
        run.watcher.saved(tmp_path / ".env")
        await run.next(Reloaded, ok=True)
        after = await run.bot.ask("hi")
    assert (before.text, after.text) == ("firstreal: hi", "secondreal: hi")
    assert "DEV_TEST_FILE" not in os.environ


async def test_a_bot_finds_the_local_poe_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Poe the author's shell names: a bot that uses the openai package asks it there."""
    monkeypatch.setenv("POE_BASE_URL", "https://api.poe.com")
    file = write_bot(tmp_path)
    word = 'WORD = os.environ["POE_BASE_URL"]'
    file.write_text(file.read_text().replace("WORD = 'one'", word))
    async with running(tmp_path) as run:
        answer = await run.bot.ask("hi")
        base_url = run.server.base_url
    assert answer.text == f"{base_url}: hi"


async def test_a_remark_about_the_bot_is_told_once(tmp_path: Path) -> None:
    """What was said of the first generation is not said again of each save."""
    end = "app = fp.make_app(Echo())\n"
    write_bot(tmp_path, end=end)
    async with running(tmp_path) as run:
        write_bot(tmp_path, "two", end=end)
        run.saved()
        await run.next(Reloaded, ok=True)
    assert len([notice for notice in run.all(Notice) if notice.warning]) == 1


async def test_too_many_generations_wait_for_each_other(tmp_path: Path) -> None:
    """At the cap a change waits, in words; ending the old ones lets it through."""
    write_bot(tmp_path, seconds=600)
    async with running(tmp_path) as run:
        answers = []
        for number in range(4):
            answers.append(asyncio.create_task(run.bot.ask("slow")))
            await run.next(TurnStarted)
            write_bot(tmp_path, f"word{number}", seconds=600)
            run.saved()
            await run.next(Reloaded, ok=True)
        write_bot(tmp_path, "last")
        run.saved()
        assert "5 generations" in (await run.next(Notice, warning=True)).text
        assert run.server.end_old_generations() == 4
        await run.next(Reloaded, ok=True)
        assert (await run.bot.ask("hi")).text == "last: hi"
        cut = await asyncio.gather(*answers)
    assert {tuple(answer.events[-2:]) for answer in cut} == {("error", "done")}


@ON_LINUX
async def test_a_fork_server_that_is_killed_is_replaced(tmp_path: Path) -> None:
    """Its forks go on answering, and the next change is taken in by a new one."""
    write_bot(tmp_path, "one")
    async with running(tmp_path, reload_with="fork") as run:
        os.kill(parent_of(run.server._generations.current.worker.pid), signal.SIGKILL)  # type: ignore[union-attr] # it is ready
        assert (await run.bot.ask("hi")).text == "one: hi"
        write_bot(tmp_path, "two")
        run.saved()
        await run.next(Reloaded, ok=True)
        assert (await run.bot.ask("hi")).text == "two: hi"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for a Python")
@pytest.mark.parametrize("source", SOURCES)
async def test_a_python_that_comes_back_is_used_again(tmp_path: Path, source: str) -> None:
    """`uv sync` makes a .venv anew: a save meanwhile fails, and the next one is taken in."""
    write_bot(tmp_path, "one")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    interpreter = replace(own_interpreter(), executable=python)
    async with running(tmp_path, reload_with=source, interpreter=interpreter) as run:
        python.rename(tmp_path / "gone")
        for word in ("two", "three"):  # a standby may still take the first
            write_bot(tmp_path, word)
            run.saved()
            failed = await run.next(Reloaded)
        (tmp_path / "gone").rename(python)
        write_bot(tmp_path, "four")
        run.saved()
        reloaded = await run.next(Reloaded)
        answer = await run.bot.ask("hi")
    assert (failed.error and failed.error.id, reloaded.ok) == ("worker-not-started", True)
    assert answer.text == "four: hi"


AT_POES_PATHS = """
from fastapi import FastAPI
import fastapi_poe as fp

class Mine(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="mine")

app = FastAPI()

@app.get("/bot/stats")
def stats():
    return "stats"

@app.get("/v1/models")
def models():
    return "models"

fp.make_app([Mine(path="/bot/mine"), Mine(path="/v1/chat/completions")], app=app)
"""


async def test_every_path_but_the_prefix_is_the_authors(tmp_path: Path) -> None:
    """Bots and pages at paths that Poe itself uses are served as deployed."""
    (tmp_path / "main.py").write_text(AT_POES_PATHS)
    async with running(tmp_path) as run:
        url, session = run.server.url, run.bot.session
        pages = [
            await (await session.get(url + path)).json() for path in ("/bot/stats", "/v1/models")
        ]
        bots = [bot.path for bot in run.server.bots]
        answer = await session.post(f"{url}/bot/mine", json={"type": "settings", "version": "1"})
        nothing = [(await session.get(url + path)).status for path in ("/_poe", "/_poe/x/y")]
    assert pages == ["stats", "models"]
    assert bots == ["/bot/mine", "/v1/chat/completions"]
    assert answer.status == 200
    assert nothing == [404, 404]


async def test_a_bot_below_the_prefix_is_refused(tmp_path: Path) -> None:
    """The local Poe is there; the error says which paths are taken."""
    write_bot(tmp_path)
    file = tmp_path / "main.py"
    file.write_text(file.read_text() + "\nbot = Echo(path='/_poe/bot/mine')\n")
    async with running(tmp_path, ready=False) as run:
        with pytest.raises(BotLoadError, match="can't be served at /_poe/bot/mine"):
            await run.server.wait_ready()


async def test_routes_of_the_platform_are_below_the_prefix(tmp_path: Path) -> None:
    """They are served on the same port, guarded; the bot's own pages pass as they are."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="the platform")

    write_bot(tmp_path)
    async with running(tmp_path, routes=[web.get("/v1/models", page)]) as run:
        url, session = run.server.url, run.bot.session
        assert await (await session.get(f"{url}/_poe/v1/models")).text() == "the platform"
        foreign = await session.get(f"{url}/_poe/v1/models", headers={"Host": "evil.example"})
        own = await session.get(url, headers={"Host": "evil.example"})
        status = await (await session.get(f"{url}/_poe/status")).json()
    assert (foreign.status, own.status) == (403, 200)
    assert (status["generation"], status["bots"][0]["name"]) == (1, "Echo")


async def test_the_settings_of_a_bot_that_is_not_running(tmp_path: Path) -> None:
    """It is started, asked and ended."""
    end = (
        "\n    async def get_settings(self, setting):\n"
        "        return fp.SettingsResponse(introduction_message='hello')\n"
    )
    write_bot(tmp_path, end=end)
    settings = await read_local_settings(Target.parse("main.py", tmp_path), own_interpreter())
    assert settings["Echo"]["introduction_message"] == "hello"


async def test_a_bot_is_called_what_the_table_with_its_target_says(tmp_path: Path) -> None:
    """Of several tables of poe.toml it is the one with that target."""
    write_bot(tmp_path)
    (tmp_path / "poe.toml").write_text(
        '[bots.other]\ntarget = "other.py"\n[bots.mine]\ntarget = "main.py"\n'
    )
    settings = await read_local_settings(Target.parse("main.py", tmp_path), own_interpreter())
    assert list(settings) == ["mine"]


SEVERAL = """
import fastapi_poe as fp

class Echo(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{type(self).__name__}: {request.query[-1].content}")

class Raises(Echo):
    async def get_settings(self, setting):
        raise RuntimeError("no settings today")

class Malformed(Echo):
    async def get_settings(self, setting):
        return "settings"

app = fp.make_app([Echo(path="/echo"), Raises(path="/raises"), Malformed(path="/malformed")])
"""


async def test_a_bot_that_cannot_tell_its_settings_serves_all_the_same(tmp_path: Path) -> None:
    """All of a file serve, each failing one too; the traceback and the bots are told."""
    (tmp_path / "main.py").write_text(SEVERAL)
    async with running(tmp_path) as run:
        bots = {bot.name: bot for bot in run.server.bots}
        answers = [(await run.bot.ask("hi", bot.path)).text for bot in run.server.bots]
        raised, advices = run.all(BotRaised), run.all(Advice)
    assert answers == ["Echo: hi", "Raises: hi", "Malformed: hi"]
    assert [name for name, bot in bots.items() if bot.failure is None] == ["Echo"]
    assert bots["Echo"].settings
    assert bots["Raises"].failure is not None
    assert "RuntimeError: no settings today" in bots["Raises"].failure.detail
    assert any("main.py" in (error.place or "") for error in raised)
    assert {advice.message.split()[0] for advice in advices} == {"Raises", "Malformed"}


async def test_a_load_that_never_ends_says_where_it_is(tmp_path: Path) -> None:
    """After as long as Poe waits for a first event, with the author's line."""
    file = write_bot(tmp_path, end="import threading\nthreading.Event().wait()\n")
    async with running(tmp_path, ready=False) as run:
        told = await run.next(LogLine, stream="poe")
    line = len(file.read_text().splitlines())
    assert told.text == f"still loading after 5 s, at main.py:{line} (<module>)"


async def test_settings_that_fail_after_a_save(tmp_path: Path) -> None:
    """The new code answers, and what it raised is told."""
    write_bot(tmp_path, "one")
    end = "\n    async def get_settings(self, setting):\n        raise RuntimeError('no')\n"
    async with running(tmp_path) as run:
        write_bot(tmp_path, "two", end=end)
        run.saved()
        reloaded = await run.next(Reloaded)
        answer = await run.bot.ask("hi")
        raised = await run.next(BotRaised)
    assert (reloaded.ok, answer.text) == (True, "two: hi")
    assert raised.message == "RuntimeError: no"


async def test_the_settings_of_a_bot_that_cannot_tell_them(tmp_path: Path) -> None:
    """Who needs nothing else of it is given the exception."""
    write_bot(
        tmp_path,
        end="\n    async def get_settings(self, setting):\n        raise RuntimeError('no')\n",
    )
    with pytest.raises(BotLoadError, match="get_settings failed") as error:
        await read_local_settings(Target.parse("main.py", tmp_path), own_interpreter())
    assert "RuntimeError: no" in error.value.detail


async def test_a_port_in_use_says_what_to_do(tmp_path: Path) -> None:
    """The error names the command that shows who listens, and the flag to pass."""
    write_bot(tmp_path)
    target = Target.parse("main.py", tmp_path)
    async with running(tmp_path, ready=False) as run:
        port = int(run.server.url.rpartition(":")[2])
        with pytest.raises(UsageError) as error:
            async with DevServer(DevOptions(target, port=port)):
                pass
    assert error.value.id == "port-in-use"
    assert str(port) in error.value.why
    assert "--port 0" in error.value.hint


async def test_an_open_host_wants_an_access_key(tmp_path: Path) -> None:
    """Other machines get in with a key only."""
    write_bot(tmp_path)
    target = Target.parse("main.py", tmp_path)
    with pytest.raises(UsageError, match="access key"):
        async with DevServer(DevOptions(target, host="0.0.0.0", port=0)):  # noqa: S104 - refused
            pass


async def test_a_key_is_asked_of_callers(tmp_path: Path) -> None:
    """--access-key: a wrong key is refused by the bot's own check."""
    write_bot(tmp_path)
    async with running(tmp_path, access_key=Secret("k" * 32)) as run:
        assert (await run.bot.ask("hi")).status == 401
        assert run.server.bots[0].settings


async def test_a_caller_may_send_our_own_header(tmp_path: Path) -> None:
    """The header that names a turn means nothing when a caller sends it."""
    write_bot(tmp_path)
    async with running(tmp_path) as run:
        answer = await run.bot.session.get(run.server.url, headers={"X-Poe-Dev-Turn": "²x"})
    assert answer.status == 200


CLOSES = """
import os
os.closerange(3, 256)
import fastapi_poe as fp

class Echo(fp.PoeBot):
    pass
"""


async def test_a_file_that_closes_what_it_did_not_open_is_given_up(tmp_path: Path) -> None:
    """Its process can't be reached any more: it is ended, and the load fails in words."""
    (tmp_path / "main.py").write_text(CLOSES)
    async with running(tmp_path, ready=False) as run:
        with pytest.raises(BotLoadError) as caught:
            await asyncio.wait_for(run.server.wait_ready(), 60)
    assert "closed what it had not opened" in caught.value.detail
