"""The web functions a file gives to Modal, found and run without Modal's servers.

They are read off the source, by their decorator, and run by ``.local()``: both hold for every
version of Modal and for the stand-in.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from poecli.source.python_file import FUNCTION, PythonFile, decorators

_DECORATORS = {"asgi_app", "asgi"}  # the second until 2023


@dataclass(frozen=True)
class WebFunction:
    """A function or method under @asgi_app; ``build`` runs it here and returns the app."""

    name: str
    build: Callable[[], Any]


def web_functions(module: ModuleType, source: PythonFile) -> list[WebFunction]:
    """Every function and method under @asgi_app in the module's file."""
    return [
        WebFunction(name, build)
        for name in _decorated(source.tree.body)
        if (build := _builder(module, name)) is not None
    ]


def builder_of(value: Any) -> Callable[[], Any] | None:
    """What runs a function of Modal's here; None for anything else."""
    return value.local if _kind(value) == "Function" else None


def is_modal_app(value: Any) -> bool:
    """Whether a value is what Modal's functions hang on, and no ASGI app at all."""
    return _kind(value) == "App"


def _kind(value: Any) -> str:
    """The name of a class of Modal's or of the stand-in's; "" for anything else."""
    is_real = type(value).__module__.partition(".")[0] == "modal"
    return type(value).__name__ if is_real else getattr(value, "modal_name", "")


def _decorated(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _decorated(node.body, f"{node.name}.")
        elif isinstance(node, FUNCTION) and decorators(node) & _DECORATORS:
            yield prefix + node.name


def _builder(module: ModuleType, name: str) -> Callable[[], Any] | None:
    """What runs the function of that name: a class of Modal's is made first."""
    owner, _, method = name.rpartition(".")
    if owner:
        made = getattr(module, owner, None)
        return None if made is None else lambda: getattr(made(), method).local()
    return builder_of(getattr(module, name, None))
