"""One password in the system's keyring, where the extra `poecli[keyring]` is installed.

https://keyring.readthedocs.io
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

NAME = "the system's keyring"
_SERVICE = "poecli"
_USER = "api-key"


def read() -> str | None:
    """The password; None without the extra, a keyring or a password."""
    found: list[str | None] = [None]
    _use(lambda keyring: found.append(keyring.get_password(_SERVICE, _USER)))
    return found[-1]


def write(password: str) -> bool:
    """Keep a password; False where there is no keyring."""
    return _use(lambda keyring: keyring.set_password(_SERVICE, _USER, password))


def delete() -> bool:
    """Forget the password; False where there was none."""
    return read() is not None and _use(lambda ring: ring.delete_password(_SERVICE, _USER))


def _use(act: Callable[[Any], object]) -> bool:
    """Whether the keyring did it. A machine without a desktop may have the package only."""
    if importlib.util.find_spec("keyring") is None:
        return False
    try:
        act(importlib.import_module("keyring"))
    except Exception:  # noqa: BLE001 - each backend raises errors of its own
        return False
    return True
