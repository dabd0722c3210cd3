"""The access key of the bot to sync: from a flag, the environment, .env, or a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from poecli.client.peer import is_loopback
from poecli.config.credentials import (
    Secret,
    access_key_missing,
    checked_access_key,
    find_access_key,
)
from poecli.config.project import BotEntry
from poecli.config.settings import Environment
from poecli.errors import UsageError
from poecli.terminal.console import Console
from poecli.terminal.prompts import ask_secret

FILE_FLAG = "--access-key-file"


@dataclass(frozen=True)
class KeyFlags:
    """What the flags say about the key; at most one of them may."""

    value: str | None = None
    file: Path | None = None
    from_stdin: bool = False

    @property
    def given(self) -> bool:
        """True when a flag says where the key is."""
        return self.value is not None or self.file is not None or self.from_stdin

    def read(self, console: Console) -> Secret | None:
        """The key that a flag gives; None when none does. Raises UsageError."""
        given = [self.value is not None, self.file is not None, self.from_stdin]
        if sum(given) > 1:
            raise UsageError("Only one flag can say where the access key is.")
        if self.value is not None:
            return checked_access_key(self.value, source="--access-key")
        if self.from_stdin:
            return checked_access_key(console.stdin.readline(), source="standard input")
        if self.file is None:
            return None
        try:
            text = self.file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The access key can't be read from {self.file}.",
                why=getattr(error, "strerror", None) or "It is not a text file.",
            ) from error
        return checked_access_key(text, source=FILE_FLAG)


def access_key_of(
    entry: BotEntry,
    flags: KeyFlags,
    environment: Environment,
    console: Console,
    *,
    needed: bool,
    base_url: str,
) -> Secret | None:
    """The bot's key. When it is ``needed`` and nowhere, a person is asked, else KeyMissing raised.

    Call from synchronous code: a question runs a loop of its own.
    """
    given = flags.read(console)
    if given is not None:
        return given
    found = find_access_key(environment, entry.access_key_env)
    if found is not None:
        return found.value
    if not needed:
        return None
    if not console.can_ask:
        local = is_loopback(base_url)
        raise access_key_missing(entry.name, entry.access_key_env, on_local_poe=local)
    answer = ask_secret(console, f"Access key of {entry.name}:", flag=FILE_FLAG)
    return checked_access_key(answer, source="the answer")
