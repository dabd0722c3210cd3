"""The project's bots beside a local Poe, as tests hold them."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from poecli.client.address import BotAddress
from poecli.config.credentials import Secret, find_access_key
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, find_project
from poecli.config.settings import read_environment
from poecli.conformance.chats.answer import Answer, UpstreamCall
from poecli.conformance.chats.runner import BotConversation, LocalPoe
from poecli.errors import PoeCliError, UsageError
from poecli.suggestions import did_you_mean
from poecli.testing.dev_process import START_SECONDS, DevProcess

_TRACE_SECONDS = 5.0  # an answer is told at once; a machine under load may take longer
T = TypeVar("T")


class PoeBot:
    """A conversation with a bot: each `ask` goes on where the last one ended."""

    def __init__(self, chat: BotConversation) -> None:
        self._chat = chat

    def ask(
        self,
        text: str,
        *,
        attachments: Sequence[str | Path] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send a message; the answer: text, files, suggested_replies, events, error, calls.

        A path is taken from the folder of the test. An answer that ends in an ``error`` event is
        an answer too. Raises a PoeCliError when there is none.
        """
        return in_a_thread(self._chat.ask(text, attachments=attachments, parameters=parameters))


@dataclass(frozen=True)
class PoeDev:
    """A running `poe dev` of the project.

    ``url`` is the first bot's, ``bots`` all of them by name; ``base_url`` is the local Poe's.
    """

    base_url: str
    bots: Mapping[str, str]
    process: DevProcess = field(repr=False)
    key: Secret | None = None

    @property
    def url(self) -> str:
        """Where the first bot answers."""
        return next(iter(self.bots.values()))

    def bot(
        self, name: str | None = None, *, folder: Path | None = None, url_query: str = ""
    ) -> PoeBot:
        """A new conversation with a bot; without a name, with the first.

        ``folder`` is where attachments are found, ``url_query`` what follows the ``?`` of the
        address that Poe was given. Raises UsageError for a bot that is not served.
        """
        bot = self.address(name)
        if url_query:
            bot = replace(bot, url=f"{bot.url}?{url_query}")
        return PoeBot(BotConversation(bot, folder or Path.cwd(), self.local_poe))

    @property
    def local_poe(self) -> LocalPoe:
        """What is beside the bots."""
        return LocalPoe(self.base_url, self._calls)

    def address(self, name: str | None = None) -> BotAddress:
        """Where a bot is asked. Raises as `bot`."""
        name = name or next(iter(self.bots))
        if name not in self.bots:
            raise UsageError(
                f"No bot named {name!r} is served.", hint=did_you_mean(name, self.bots)
            )
        return BotAddress(name, self.bots[name], self.key)

    async def _calls(self, message_id: str) -> list[UpstreamCall]:
        # The answer's own line comes last, so that all its calls are known by then.
        await asyncio.to_thread(
            self.process.wait_for, "answer", _TRACE_SECONDS, message_id=message_id
        )
        return [
            UpstreamCall(line["bot"], str(line["mode"]), line["error"], line["trouble"])
            for line in self.process.lines("upstream", message_id=message_id)
        ]


class StartPoeDev(Protocol):
    """Starts one more server, with flags of `poe dev` and the environment as it is now.

    For what one server can't show beside the others: ``start_poe_dev("--balance", "0")``. Raises
    BotLoadError when the bot can't be loaded.
    """

    def __call__(self, *flags: str) -> PoeDev: ...


class LazyServer:
    """Starts the server when it is first asked for; what fails, fails the same way again.

    The bot runs on ``python``, as --python takes it; else on what poe.toml names, else on the
    Python of its tests, whichever environment is active.
    """

    def __init__(
        self, target: str, start: Path, python: str = "", flags: Sequence[str] = ()
    ) -> None:
        self._target = target
        self._start = start
        self._python = python
        self._flags = flags
        self._process: DevProcess | None = None
        self._dev: PoeDev | None = None
        self._error: PoeCliError | None = None

    def get(self) -> PoeDev:
        """The running server. Raises BotLoadError when the bot can't be loaded."""
        if self._error is not None:
            raise self._error
        if self._dev is None:
            try:
                self._dev = self._started()
            except PoeCliError as error:
                self._error = error
                raise
        return self._dev

    def _started(self) -> PoeDev:
        project = find_project(self._start)
        root = project.root
        python = self._python or (None if project.dev.python else sys.executable)
        self._process = DevProcess(self._target, root, python, self._flags)
        ready = self._process.wait_for("ready", START_SECONDS)
        if ready is None:
            raise self._process.failure()
        # The bot checks the same key: `poe dev` finds it at the same places.
        key = find_access_key(read_environment(os.environ, root), DEFAULT_ACCESS_KEY_VARIABLE)
        return PoeDev(
            base_url=ready["base_url"],
            bots={bot["name"]: bot["url"] for bot in ready["bots"]},
            process=self._process,
            key=key.value if key else None,
        )

    def stop(self) -> None:
        """End what was started."""
        if self._process is not None:
            self._process.stop()


def in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also where a loop is already running: in an async test."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, name="poe_bot")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
