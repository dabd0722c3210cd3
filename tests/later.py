"""Packages that are imported when they are first used: `openai = later("openai")`.

Each of xdist's workers collects every test, and with it what its module imports: half of that time
went into a few large packages that a handful of tests ask for.
"""

from __future__ import annotations

import importlib.util
from typing import Any


def later(name: str) -> Any:
    """That module; it has been looked for, but none of it has run yet."""
    if importlib.util.find_spec(name) is None:
        raise ModuleNotFoundError(f"There is no {name} here.", name=name)
    return _Later(name)


class _Later:
    """importlib's LazyLoader would run the module at the questions of pytest and its plugins.

    They ask whatever a module of tests has for names like `__wrapped__`, `__test__`, `_mock_name`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)
