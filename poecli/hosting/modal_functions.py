"""The web functions a file gives to Modal, found without Modal's servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class WebFunction:
    """A function under @asgi_app; ``build`` runs it here and returns the app."""

    name: str
    build: Callable[[], Any]


def web_functions(_module: ModuleType) -> list[WebFunction]:
    """Every web function among a module's names."""
    return []


def builder_of(_value: Any) -> Callable[[], Any] | None:
    """What runs a web function of Modal's here; None for anything else."""
    return None
