"""One bot for each shape of bot file in the wild: loaded and answered, or refused with a reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from poecli.config.python.interpreter import install_line
from poecli.errors import BotLoadError, ExitCode
from poecli.hosting.finding.discovery import Loaded
from tests.hosting.clients import Client

Load = Callable[[str], Awaitable[Loaded]]
Serve = Callable[[Loaded], Awaitable[Client]]
Ask = Callable[..., Awaitable[str]]


@pytest.mark.parametrize(
    ("target", "answers"),
    [
        pytest.param("only_class.py", {"/": "echo: hi"}, id="a bare subclass"),
        pytest.param("refined_class.py", {"/": "refined base: hi"}, id="the class that refines"),
        pytest.param("instance.py", {"/": "good day, hi"}, id="an instance with arguments"),
        pytest.param("list_of_bots.py", {"/one": "one: hi", "/two": "two: hi"}, id="a list"),
        pytest.param("app_of_several.py", {"/one": "one: hi", "/two": "two: hi"}, id="several"),
        pytest.param("module_app.py", {"/": "echo: hi"}, id="an app"),
        pytest.param("factory.py", {"/": "echo: hi"}, id="a factory"),
        pytest.param("main_block.py", {"/": "main: hi"}, id="fp.run in the main block"),
        pytest.param("main_calls.py", {"/": "called: hi"}, id="main() starts the server"),
        pytest.param("main_is_a_script.py", {"/": "echo: hi"}, id="a main block of another use"),
        pytest.param("async_server.py", {"/": "echo: hi"}, id="a server awaited at import"),
        pytest.param("no_lifespan.py", {"/": "echo: hi"}, id="an ASGI function"),
        pytest.param("run_at_import.py", {"/": "echo: hi"}, id="fp.run at import"),
        pytest.param("uvicorn_by_name.py", {"/": "echo: hi"}, id="uvicorn.run by name"),
        pytest.param("modal_app.py", {"/": "echo: hi"}, id="Modal's App"),
        pytest.param("modal_stub.py", {"/": "stub calm 1: hi"}, id="Modal's Stub"),
        pytest.param("modal_class.py", {"/": "class loaded: HI"}, id="a class of Modal's"),
        pytest.param("own_app.py", {"/bot": "opened started: hi"}, id="an app of one's own"),
        pytest.param("middleware.py", {"/": "echo: hi"}, id="middleware"),
        pytest.param("mounted.py", {"/poe/": "echo: hi"}, id="mounted below another app"),
        pytest.param("wrapped_app.py", {"/": "echo: hi"}, id="wrapped by hand"),
        pytest.param("raw_events.py", {"/": "raw: hi"}, id="raw events and old names"),
        pytest.param("my-bot.py", {"/": "echo: hi"}, id="a name that is no module name"),
        pytest.param("string.py", {"/": "echo: hi"}, id="a name of the standard library's"),
        pytest.param("project", {"/": "<hello: hi>"}, id="helpers, data, dataclass, pickle"),
        pytest.param("package/mybot/bot.py", {"/": "package: hi"}, id="relative imports"),
        pytest.param("pushes_settings.py", {"/": "echo: hi"}, id="settings pushed at import"),
        pytest.param("only_class.py:EchoBot", {"/": "echo: hi"}, id="a class by name"),
        pytest.param("list_of_bots.py:bots", {"/one": "one: hi"}, id="a list by name"),
        pytest.param("list_of_bots:Two", {"/": "two: hi"}, id="one class of two by name"),
        pytest.param("factory.py:create_app", {"/": "echo: hi"}, id="a factory by name"),
        pytest.param("modal_app.py:fastapi_app", {"/": "echo: hi"}, id="Modal's by name"),
        pytest.param("modal_app.py:app", {"/": "echo: hi"}, id="Modal's App by name"),
        pytest.param("modal_stub.py:stub", {"/": "stub calm 1: hi"}, id="Modal's Stub by name"),
        pytest.param("mounted.py:bot_app", {"/": "echo: hi"}, id="an app by name"),
    ],
)
async def test_a_shape_is_loaded_and_answers(
    load_bot: Load, serve: Serve, ask: Ask, target: str, answers: dict[str, str]
) -> None:
    """Whatever its shape, a bot file is served without a change to it."""
    loaded = await load_bot(target)
    client = await serve(loaded)

    answered = {path: await ask(client, path, key="a" * 32) for path in answers}

    assert answered == answers
    assert set(loaded.paths) >= set(answers)


@pytest.mark.parametrize(
    ("target", "id", "said"),
    [
        pytest.param("syntax.py", "syntax-error", "syntax.py:3: SyntaxError", id="syntax"),
        pytest.param("syntax_in_helper.py", "syntax-error", "bad_helper.py:1", id="in a helper"),
        pytest.param("raises.py", "failed-inside", "raising_helper.py:5", id="raises in a helper"),
        pytest.param(
            "missing_package.py", "missing-package", "surely_not_installed is not installed",
            id="a package that is nowhere listed",
        ),
        pytest.param(
            "missing_listed/main.py", "missing-package", "requirements.txt", id="one that is listed"
        ),
        pytest.param(
            "missing_in_pyproject/main.py", "missing-package", '"also.missing~=3.0"',
            id="one that pyproject.toml lists",
        ),
        pytest.param(
            "missing_modal_listed.py", "missing-package", '"surely-not-here>=2"',
            id="one that Modal's image lists",
        ),
        pytest.param("missing_name.py", "failed-inside", "NoSuchThing", id="a name that is gone"),
        pytest.param("unset_variable.py", "missing-variable", ".env file", id="no variable"),
        pytest.param("own_key_error.py", "failed-inside", "KeyError", id="a KeyError of its own"),
        pytest.param("exits.py", "exited", "sys.exit('no key')", id="sys.exit"),
        pytest.param("short_key.py", "bad-access-key", "short_key.py:3", id="a short key"),
        pytest.param("no_bot.py", "no-bot", "helper (function)", id="no bot"),
        pytest.param("two_classes.py", "several-bots", "two_classes.py:B", id="two classes"),
        pytest.param("two_instances.py", "several-bots", "two_instances.py:second", id="two bots"),
        pytest.param("two_apps.py", "several-bots", "two_apps.py:two", id="two apps"),
        pytest.param("two_modal.py", "several-bots", "two_modal.py:two", id="two Modal functions"),
        pytest.param("needs_arguments.py", "needs-arguments", "Named(…)", id="needs arguments"),
        pytest.param("same_path.py", "failed-inside", "same path", id="two bots on one path"),
        pytest.param("uvicorn_wrong_name.py", "no-such-name", "'app'", id="uvicorn, wrong name"),
        pytest.param("modal_raises.py", "failed-inside", "modal_raises.py:10", id="Modal, raises"),
        pytest.param("no_bot.py:ANSER", "no-such-name", "'ANSWER'", id="a name misspelt"),
        pytest.param("no_bot.py:ANSWER", "no-bot", "type int", id="a name of something else"),
        pytest.param("calls_poe.py", "poe-host-blocked", "calls_poe.py:4", id="calls Poe"),
    ],
)  # fmt: skip
async def test_a_broken_file_says_what_is_wrong(
    load_bot: Load, target: str, id: str, said: str
) -> None:
    """Each way to break a bot file has an error of its own, with the place and what to type."""
    with pytest.raises(BotLoadError) as caught:
        await load_bot(f"broken/{target}")

    error = caught.value
    assert (error.id, error.exit_code) == (id, ExitCode.BOT_NOT_LOADED)
    assert said in f"{error.message}\n{error.why}\n{error.detail}\n{error.hint}"


async def test_a_traceback_shows_the_authors_frames_only(load_bot: Load) -> None:
    """Neither Python's frames nor ours stand between the author's lines."""
    with pytest.raises(BotLoadError) as caught:
        await load_bot("broken/raises.py")

    files = [line for line in caught.value.detail.splitlines() if line.startswith("  File")]
    assert files == [
        '  File "raises.py", line 5, in <module>',
        '  File "raising_helper.py", line 5, in fail',
    ]


async def test_the_authors_requirement_is_what_pip_is_given(load_bot: Load) -> None:
    """A missing package is installed in the version the author wrote down."""
    with pytest.raises(BotLoadError) as caught:
        await load_bot("broken/missing_listed/main.py")

    assert caught.value.hint == install_line("pil.not-here[extra]==10.1")


async def test_a_key_in_the_environment_is_found(
    load_bot: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is set is no error."""
    monkeypatch.setenv("A_VARIABLE_OF_MINE", "there")

    assert len((await load_bot("key_from_environment.py")).bots) == 1


async def test_what_was_imported_is_known(load_bot: Load) -> None:
    """The author's own modules are to be watched, the packages' to be preloaded."""
    loaded = await load_bot("project")

    assert {file.name for file in loaded.files} >= {"main.py", "helper.py"}
    assert not [file for file in loaded.files if "site-packages" in file.parts]
    assert {"fastapi_poe", "fastapi_poe.client"} <= set(loaded.third_party)
    assert Path.cwd() == loaded.target.root


async def test_a_forgotten_super_is_told(load_bot: Load) -> None:
    """A bot that can answer no query says so when it is loaded."""
    assert "super().__init__()" in (await load_bot("no_super.py")).notes[0]
