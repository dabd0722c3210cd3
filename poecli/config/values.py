"""What a value may be, wherever it stands: as a flag, in the environment, in .env or in poe.toml.

Each check returns the value, or raises ValueError with a sentence that ends the error's line.
A name that no bot can have has one nearby: `suggest_handle`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from urllib.parse import urlsplit

from poecli.addresses import is_host

HIGHEST_PORT = 65535
# The form at https://poe.com/create_bot: "4-20 characters, including letters, numbers, dashes,
# periods and underscores".
HANDLE_MIN = 4
HANDLE_MAX = 20
HANDLE_RULE = (
    f"Poe allows {HANDLE_MIN} to {HANDLE_MAX} letters, digits, dashes, periods and underscores."
)
_OWN_HANDLE = re.compile(rf"[A-Za-z0-9_.-]{{{HANDLE_MIN},{HANDLE_MAX}}}")
_DEFAULT_HANDLE = "my-bot"
# Poe's own bots may be longer than anybody else's (Gemini-2.5-Flash-Lite).
_HANDLE = re.compile(rf"[A-Za-z0-9_.-]{{{HANDLE_MIN},}}")
_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")


def port(value: int) -> int:
    """A TCP port; 0 is any free one."""
    if not 0 <= value <= HIGHEST_PORT:
        raise ValueError(f"port must be between 0 and {HIGHEST_PORT}, not {value}")
    return value


def balance(value: int) -> int:
    """What a user can pay, in milli-cents of a US dollar."""
    if value < 0:
        raise ValueError(f"balance must be 0 or more milli-cents, not {value}")
    return value


def amount_kept(value: int) -> int:
    """How many days, or megabytes, of turns are kept."""
    if value < 1:
        raise ValueError(f"what is kept must be 1 or more, not {value}")
    return value


def host_name(value: str) -> str:
    """The name of a host, without scheme, port or path."""
    if not _HOST.fullmatch(value):
        raise ValueError(f"{value!r} is not the name of a host, such as api.poe.com")
    return value


def web_address(value: str) -> str:
    """An http or https URL with a host, and without a user's name or password."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and is_host(parts.hostname or "")
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, a bracket that is not closed
        usable = False
    if not usable or "@" in parts.netloc or re.search(r"\s", value):
        raise ValueError("it is not a web address that starts with https:// or http://")
    return value


def finite(value: float) -> float:
    """A number that JSON has: not nan, not inf."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    return value


def bot_name(value: str) -> str:
    """A name that Poe could give to a bot of the author's."""
    if not _HANDLE.fullmatch(value):
        raise ValueError(
            f"{value!r} can't be the name of a bot on Poe: "
            f"{HANDLE_MIN} or more letters, digits, dashes, periods and underscores"
        )
    return value


def is_handle(text: str) -> bool:
    """Whether Poe would take it for a new bot."""
    return _OWN_HANDLE.fullmatch(text) is not None


def suggest_handle(text: str) -> str:
    """The handle nearest to any text: the text where it is one, else in small letters."""
    if is_handle(plain := text.strip("-._")):
        return plain
    # NFKD parts letters from their marks: ü becomes u.
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    handle = re.sub(r"[^a-z0-9_.]+", "-", plain).strip("-._")
    if len(handle) > HANDLE_MAX:
        head = handle[: HANDLE_MAX + 1]
        whole_words = re.sub(r"[-._][^-._]*$", "", head)
        handle = whole_words if len(whole_words) >= HANDLE_MIN else handle[:HANDLE_MAX]
        handle = handle[:HANDLE_MAX].strip("-._")
    if handle in ("", "bot"):
        return _DEFAULT_HANDLE
    return handle if len(handle) >= HANDLE_MIN else f"{handle}-bot"
