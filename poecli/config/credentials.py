"""Keys: where they are found, where they are kept, and that they are never shown.

Poe knows two kinds. An API key belongs to a user and pays for calls (POE_API_KEY,
https://poe.com/api/keys); an access key belongs to a bot and proves that Poe is the caller
(POE_ACCESS_KEY, https://poe.com/edit_bot?bot=NAME).
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from poecli.config import system_keyring
from poecli.config.settings import Environment, Setting
from poecli.errors import KeyMissing, UsageError
from poecli.poe_pages import ACCESS_KEY_PAGE, API_KEY_PAGE
from poecli.protocol.foreign_json import loads
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS
from poecli.safe_files import write_whole
from poecli.suggestions import shown_path
from poecli.system_errors import explained, unusable

API_KEY_VARIABLE = "POE_API_KEY"
_FILE = "credentials.json"
_SHOWN = 4


class Secret:
    """A key that shows itself only when asked to."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself: for the wire, never for a screen."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __str__(self) -> str:
        """The key with all but its last characters masked; short ones are masked whole."""
        return "****" + (self._value[-_SHOWN:] if len(self._value) >= _SHOWN * 4 else "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def checked_key(text: str, *, source: str) -> Secret:
    """A key as it was typed, pasted or read. Raises UsageError for what can't be one."""
    key = text.strip().strip("\"'").removeprefix("Bearer ").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(
            f"The key from {source} is not valid.",
            why="A key is one word without spaces or line breaks.",
            hint="Copy it again, without line breaks.",
        )
    return Secret(key)


def checked_access_key(text: str, *, source: str) -> Secret:
    """A bot's access key, from wherever it comes. Raises UsageError for what Poe never gives out.

    fastapi_poe ends a bot whose key has another length (protocol, limit "access key").
    """
    key = checked_key(text, source=source)
    length, wanted = len(key.reveal()), ACCESS_KEY_CHARACTERS.value
    if length != wanted:
        raise UsageError(
            f"The access key from {source} has {length} characters; Poe's have {wanted}.",
            why="fastapi_poe refuses to start with such a key, and Poe would never send it.",
            hint=f"Copy it from {ACCESS_KEY_PAGE.format(bot='NAME')}; to try it locally, "
            f'generate one: python -c "import secrets; print(secrets.token_hex({wanted // 2}))"',
        )
    return key


def made_access_key() -> Secret:
    """An access key as Poe's are, which nobody knows."""
    return Secret(secrets.token_hex(ACCESS_KEY_CHARACTERS.value // 2))


def key_file_text(file: Path) -> str:
    """What a file for one key holds. Raises UsageError when it can't be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The key file {shown_path(file)} can't be read."
        raise UsageError(message, **explained(error)) from error


def find_api_key(environment: Environment, config_folder: Path) -> Setting[Secret] | None:
    """A user's API key: environment, .env, then what `poe login` stored; None when unknown."""
    found = environment.find(API_KEY_VARIABLE)
    if found is not None:
        return Setting(checked_key(found.value, source=found.source), found.source)
    in_keyring = system_keyring.read()
    if in_keyring:
        return Setting(Secret(in_keyring), f"poe login ({system_keyring.NAME})")
    stored = CredentialStore(config_folder).read()
    return Setting(stored, f"poe login ({config_folder / _FILE})") if stored else None


def find_access_key(environment: Environment, variable: str) -> Setting[Secret] | None:
    """A bot's access key from the variable that poe.toml names for it."""
    found = environment.find(variable)
    if found is None:
        return None
    return Setting(checked_access_key(found.value, source=found.source), found.source)


# A local Poe (`poe dev`) takes any key, and like Poe refuses a call with none.
ANY_KEY = Secret("any-key-for-the-local-poe")


def api_key_missing(purpose: str = "talk to a bot on Poe") -> KeyMissing:
    """The error for a call that a user's API key must pay for."""
    return KeyMissing(
        f"A Poe API key is needed to {purpose}.",
        why=f"{API_KEY_VARIABLE} is not set, and `poe login` has not been run.",
        hint=f"Get a key at {API_KEY_PAGE}, then run: poe login",
    )


def access_key_missing(bot: str, variable: str, *, on_local_poe: bool = False) -> KeyMissing:
    """The error for a call that a bot's access key must prove."""
    page = f"Copy it from {ACCESS_KEY_PAGE.format(bot=bot)} into .env: {variable}=…"
    local = (
        f"Set {variable} to the value that `poe dev` uses. If it is not set there either, the "
        f"local Poe accepts any {ACCESS_KEY_CHARACTERS.value} characters."
    )
    return KeyMissing(
        f"The access key of the bot {bot!r} is needed.",
        why=f"{variable} is set neither in the environment nor in .env. "
        "An access key belongs to a bot; it is not the API key of a user.",
        hint=local if on_local_poe else page,
    )


def keep_api_key(key: Secret, config_folder: Path) -> str:
    """Keep the key where it is safest; the place, in words. Raises UsageError for none."""
    store = CredentialStore(config_folder)
    if system_keyring.write(key.reveal()):
        store.delete()  # an older key in the file would outlive a logout
        return system_keyring.NAME
    store.write(key)
    return str(store.file)


def forget_api_key(config_folder: Path) -> list[str]:
    """Forget the key; the places where there was one."""
    store = CredentialStore(config_folder)
    places = [system_keyring.NAME] if system_keyring.delete() else []
    return [*places, str(store.file)] if store.delete() else places


class CredentialStore:
    """The API key that `poe login` keeps: one JSON file, readable by its owner only."""

    def __init__(self, config_folder: Path) -> None:
        self.file = config_folder / _FILE

    def read(self) -> Secret | None:
        """The stored key; None when there is none, or the file is damaged."""
        try:
            values = loads(self.file.read_bytes())
        except (OSError, ValueError):
            return None
        key = values.get("api_key") if isinstance(values, dict) else None
        return Secret(key) if isinstance(key, str) and key else None

    def write(self, key: Secret) -> None:
        """Keep the key, written whole or not at all. Raises UsageError when it can't be kept."""
        try:
            write_whole(self.file, json.dumps({"v": 1, "api_key": key.reveal()}).encode())
        except OSError as error:
            raise UsageError(
                f"The key can't be stored in {self.file}.",
                **explained(error, hint=f"Set {API_KEY_VARIABLE} in the environment instead."),
            ) from error

    def delete(self) -> bool:
        """Forget the key; True when there was one. Raises UsageError when it can't be removed."""
        try:
            there = self.file.exists()
            self.file.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(self.file, "removed", error) from error
        return there
