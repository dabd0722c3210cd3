"""One worker of `poe serve`: load the author's bot, serve it on uvicorn, drain and end on demand.

main(SOCKET, LOG)    the file descriptors of the listening socket and of the access log
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from pathlib import Path

from poecli.config.builds import BUILD_VARIABLE, HEALTH_PATH
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.config.target import Target
from poecli.errors import KeyMissing, PoeCliError
from poecli.hosting.finding import discovery
from poecli.hosting.finding.discovery import Loaded
from poecli.hosting.process.channel import Channel, flush_standard_streams
from poecli.hosting.process.entry import collect_again
from poecli.hosting.process.imports import compile_author_files_anew
from poecli.hosting.process.messages import (
    Drain,
    Draining,
    Exit,
    LoadedBot,
    LoadFailure,
    Message,
    Serve,
    Serving,
)
from poecli.hosting.sandbox import containment
from poecli.hosting.sandbox.server_starts import NO_KEY
from poecli.hosting.serving.production import CountedApp, ProductionServer

_BUILD_CHARACTERS = 12


class _ProductionWorker:
    def __init__(self, channel: Channel, order: Serve, listening: int, log: int) -> None:
        self._channel = channel
        self._order = order
        self._listening = listening
        self._log = log if order.access_log else None
        self._server: ProductionServer | None = None

    def run(self) -> int:
        try:
            loaded = self._loaded()
            remarks = [*give_keys(loaded, self._order), *_hidden_health(loaded)]
        except PoeCliError as error:
            self._channel.send(LoadFailure.of(error))
            return error.exit_code
        collect_again()
        # Without their keys: the parent knows those it gave.
        named = tuple(map(LoadedBot, loaded.names(), loaded.paths))
        given = os.environ.get(BUILD_VARIABLE, "")  # by `poe deploy`
        build = given or build_of(loaded.target.root, loaded.files)
        names = {bot.path: bot.name for bot in named}
        notes = [note for note in loaded.notes if note != NO_KEY]
        serving = Serving(named, build, (*notes, *remarks))
        self._server = ProductionServer(
            CountedApp(loaded.app, names, build, self._log),
            proxies=self._order.proxies,
            on_ready=lambda: self._channel.send(serving),
            on_drain=lambda running: self._channel.send(Draining(running)),
        )
        self._channel.watch(self._take, self._server.drain)  # no parent, no new requests
        self._server.run(sockets=[self._socket()])
        return 0

    def _loaded(self) -> Loaded:
        os.chdir(self._order.cwd)
        for name, value in self._order.env:
            os.environ.setdefault(name, value)
        contained = containment.install(containment.Options(guarded=False))
        compile_author_files_anew()  # a SIGHUP may come in the second of the last one
        loaded = discovery.load(Target.parse(self._order.target, Path.cwd()))
        contained.uninstall()  # what the bot does from now on, it does as deployed
        return loaded

    def _socket(self) -> socket.socket:
        if sys.platform == "win32":
            return socket.fromshare(bytes.fromhex(self._order.shared))
        return socket.socket(fileno=self._listening)

    def _take(self, message: Message) -> None:
        if self._server is None:
            return
        if isinstance(message, Drain):
            self._server.drain(message.accept_seconds)
        elif isinstance(message, Exit):
            self._channel.send(Draining(self._server.running))
            self._server.give_up()


def give_keys(loaded: Loaded, order: Serve) -> list[str]:
    """A key for each bot that has none of its own; remarks on those left without.

    Raises KeyMissing where a bot without a key was not allowed.
    """
    keys = dict(order.keys)
    remarks = []
    for name, bot, path in zip(loaded.names(), loaded.bots, loaded.paths, strict=True):
        bot.access_key = bot.access_key or keys.get(path) or order.key or None
        if bot.access_key is not None:
            continue
        words = f"The bot {name!r} has no access key, so anyone can use it at "
        words += "your cost."
        if not order.allow_without_key:
            raise KeyMissing(
                words,
                why=f"{DEFAULT_ACCESS_KEY_VARIABLE} is not set, neither in the environment nor in "
                ".env, and the bot's file gives no key.",
                hint=f"Set {DEFAULT_ACCESS_KEY_VARIABLE} to the key from the bot's page on Poe; "
                "--allow-without-key starts it open to all.",
            )
        remarks.append(words)
    return remarks


def _hidden_health(loaded: Loaded) -> list[str]:
    paths = [getattr(route, "path", "") for route in getattr(loaded.app, "routes", ())]
    if HEALTH_PATH not in paths:
        return []
    return [f"The app's own {HEALTH_PATH} is not reached: poe serve answers there."]


def build_of(root: Path, files: tuple[Path, ...]) -> str:
    """What tells this state of the author's files from another: a part of a hash of them."""
    found = hashlib.sha256()
    for file in sorted(files):
        name = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
        found.update(name.as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:_BUILD_CHARACTERS]


def main(listening: str, log: str) -> int:
    """A worker, from its order to its exit code."""
    channel = Channel.over_stdio()
    order = channel.receive()
    if not isinstance(order, Serve):
        return 0
    code = _ProductionWorker(channel, order, int(listening), int(log)).run()
    flush_standard_streams()
    return code
