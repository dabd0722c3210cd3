"""The local Poe of a project as it is set: looked at and changed while it runs.

A change holds from the next call on and until the end, unless `write` puts it into poe.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from poecli.client.address import BotAddress
from poecli.config import values
from poecli.config.credentials import ANY_KEY
from poecli.config.faults import OF_CALLS, OF_DELIVERY, parse_faults
from poecli.config.project import FILE_NAME, find_project
from poecli.config.toml_tables import TomlFile
from poecli.dev_events import DevEvent
from poecli.devserver.server import DevServer
from poecli.emulator.bots import modes
from poecli.emulator.bots.modes import Mode, check_mode, parse_mode
from poecli.emulator.bots.script_file import read_script
from poecli.emulator.platform import Platform, PlatformOptions
from poecli.emulator.state.files import safe_name
from poecli.errors import UsageError
from poecli.local.heard_calls import HeardCalls
from poecli.local.toml_edit import Place, Value, set_values
from poecli.protocol.prices import points
from poecli.protocol.settings import ANY_BOT
from poecli.safe_files import write_whole
from poecli.system_errors import unusable

_SCRIPTS = "scripts"  # below `.poe` until it is written to poe.toml, then below the project
_SPECIAL = re.compile(r'[\\"\x00-\x08\x0b-\x1f\x7f]')  # in TOML's text over several lines
_NEW_SCRIPT = '[[answer]]\nsay = """\n{said}"""\n'


class LocalControls:
    """Modes, scripts, faults and balance. What can't be set raises UsageError and changes nothing.

    ``server`` gives the dev server, which is made later than this.
    """

    def __init__(
        self, options: PlatformOptions, platform: Platform, server: Callable[[], DevServer]
    ) -> None:
        self._root, self._state = options.root, options.state
        self._base_url = options.base_url
        self._heard = HeardCalls()
        self._platform = platform
        self._server = server
        self._unwritten: dict[Place, Value] = {}

    def state(self) -> dict[str, Any]:
        """All of it, for the page."""
        balance = self._platform.balance.amount
        return {
            "bots": [self._bot(name) for name in self.names()],
            "faults": {fault.name: fault.share for fault in self._platform.faults.faults},
            "fault_names": {"calls": OF_CALLS, "delivery": OF_DELIVERY},
            "balance": {"amount": balance, "points": points(balance)},
            "unwritten": [" ".join(place[1:]) for place in self._unwritten],
        }

    def hear(self, event: DevEvent) -> None:
        self._heard.hear(event)

    def settings(self) -> list[dict[str, Any]]:
        """The settings of each bot, for the page; files are read."""
        from poecli.local.settings_view import settings_of  # noqa: PLC0415 - takes 70 ms

        server = self._server()
        return settings_of(
            server.bots, self._heard, root=self._root, base_url=self._base_url, files=server.files
        )

    def names(self) -> list[str]:
        """Every upstream bot that was declared, set or called, in that order."""
        dispatcher = self._platform.dispatcher
        declared = [
            name
            for bot in self._server().bots
            for name in bot.settings.get("server_bot_dependencies") or {}
            if name != ANY_BOT
        ]
        return list(dict.fromkeys([*declared, *dispatcher.named, *dispatcher.calls]))

    def address_of(self, name: str) -> BotAddress:
        """Where the local Poe answers for a bot."""
        return BotAddress.on_poe(name, self._server().base_url, ANY_KEY)

    def set_mode(self, bot: str, text: str) -> None:
        """What answers for a bot, as it is typed after ``--bot NAME=``."""
        mode = parse_mode(text, bot=bot)
        check_mode(mode, bot, self._root)
        self._platform.dispatcher.set_mode(bot, mode)
        self._unwritten["dev", "bots", bot] = str(mode)

    def set_faults(self, texts: Sequence[str]) -> None:
        """These, and no others, as they are typed after ``--fault``."""
        faults = parse_faults(texts)
        self._platform.faults.faults = faults
        self._server().rehearse(faults)
        self._unwritten["dev", "faults"] = tuple(map(str, faults))

    def set_balance(self, amount: int) -> None:
        """What users can pay, in milli-cents of a US dollar."""
        try:
            self._platform.balance.amount = values.balance(amount)
        except ValueError as error:
            raise UsageError(f"{error}.") from None
        self._unwritten["dev", "balance"] = amount

    def script_of(self, bot: str) -> dict[str, str]:
        """The file that answers for a bot with its text; of another mode one to begin with."""
        file = self._script_file(bot)
        if file.is_file():
            return {"file": self._shown(file), "text": _text_of(file)}
        last = self._platform.dispatcher.last_answers.get(bot)
        said = _SPECIAL.sub(_escaped, last.text) if last else "Hello."
        return {"file": self._shown(file), "text": _NEW_SCRIPT.format(said=said)}

    def set_script(self, bot: str, text: str) -> None:
        """Let a script answer for a bot: its own, or a new one in `.poe`."""
        file = self._script_file(bot)
        read_script(TomlFile(file, text))
        self._write(file, text)
        mode = self._platform.dispatcher.mode_of(bot)
        self.set_mode(bot, str(Mode(modes.SCRIPT, self._shown(file), mode.latency)))

    def write(self) -> list[str]:
        """Put what was changed into poe.toml; the names of the files that were written."""
        file = find_project(self._root).file or self._root / FILE_NAME
        written = [self._moved(bot) for bot in self._scripts_of_the_run()]
        if self._unwritten:
            set_values(file, self._unwritten)
            self._server().wrote(file)
            written.append(file)
        self._unwritten.clear()
        return [self._shown(each) for each in written]

    def _bot(self, name: str) -> dict[str, Any]:
        dispatcher = self._platform.dispatcher
        mode, last = dispatcher.mode_of(name), dispatcher.last_answers.get(name)
        return {
            "name": name,
            "mode": str(mode),
            "kind": mode.kind,
            "argument": mode.argument,
            "delay": mode.latency.delay,
            "pace": "recorded" if mode.latency.recorded else mode.latency.pace,
            "is_ours": name in {bot.name for bot in self._server().bots},
            "calls": dispatcher.calls[name],
            "last": None if last is None else vars(last),
        }

    # --- scripts ---

    def _script_file(self, bot: str) -> Path:
        mode = self._platform.dispatcher.mode_of(bot)
        if mode.kind == modes.SCRIPT:
            return self._root / mode.argument
        return self._state / _SCRIPTS / f"{safe_name(bot)}.toml"

    def _scripts_of_the_run(self) -> list[str]:
        bots = [place[2] for place in self._unwritten if place[:2] == ("dev", "bots")]
        return [
            bot
            for bot in bots
            if self._script_file(bot).parent == self._state / _SCRIPTS
            and self._platform.dispatcher.mode_of(bot).kind == modes.SCRIPT
        ]

    def _moved(self, bot: str) -> Path:
        """A script of this run beside poe.toml, where git keeps it."""
        old = self._script_file(bot)
        new = self._root / _SCRIPTS / old.name
        text = _text_of(old)
        if new.exists() and _text_of(new) != text:
            raise UsageError(
                f"{self._shown(new)} is there already.",
                hint=f"Set the mode of {bot} to script:{self._shown(new)}, or rename that file.",
            )
        self._write(new, text)
        mode = self._platform.dispatcher.mode_of(bot)
        self.set_mode(bot, str(Mode(modes.SCRIPT, self._shown(new), mode.latency)))
        return new

    def _write(self, file: Path, text: str) -> None:
        try:  # at what a link leads to
            write_whole(file.resolve(), text.encode(), private=self._state in file.parents)
        except OSError as error:
            raise unusable(file, "written", error) from error
        self._server().wrote(file)

    def _shown(self, file: Path) -> str:
        return file.relative_to(self._root).as_posix() if self._root in file.parents else str(file)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(file, "read", error) from error


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
