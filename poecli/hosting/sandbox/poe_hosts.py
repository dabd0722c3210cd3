"""Points everything in fastapi_poe that knows a host of Poe at another address.

fastapi_poe takes its hosts from default arguments, from constants, and up to 0.0.53 from within
functions; no environment variable names them. They are found by looking through the package, so
that those of every version are found. A default is changed inside the function object, so it does
not matter how an author imported it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any
from urllib.parse import urlsplit

import fastapi_poe

from poecli.hosting.sandbox.network_guard import is_poe_host

_BASE = re.compile(r"^https?://[^\s/]+(/\S*)?$")
_PAGES = ("poe.com", "creator.poe.com")  # for people: functions print them, and ask the others


@dataclass(frozen=True)
class HostReference:
    """A default argument or constant with a host of Poe's in it.

    ``name`` is as ``client.upload_file(base_url)``; ``set`` puts another address there.
    """

    name: str
    url: str
    set: Callable[[str], None]


def find_places() -> list[HostReference]:
    """Every place of the installed fastapi_poe that names a host of Poe."""
    seen: set[int] = set()  # functions: a module shows those of another one, too
    return [
        place for module in _modules() for place in _in_namespace(module, module.__name__, seen)
    ]


def redirect(base_url: str) -> Callable[[], None]:
    """Send what would go to Poe to ``base_url`` instead, paths kept; returns what undoes it."""
    places = find_places()
    for place in places:
        place.set(base_url.rstrip("/") + urlsplit(place.url).path)

    def undo() -> None:
        for place in places:
            place.set(place.url)

    return undo


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(fastapi_poe.__path__, f"{fastapi_poe.__name__}."):
        yield importlib.import_module(info.name)


def _in_namespace(owner: Any, name: str, seen: set[int]) -> Iterator[HostReference]:
    for key, value in list(vars(owner).items()):
        if _is_poe_url(value) and not key.startswith("__"):
            yield HostReference(_short(f"{name}.{key}"), value, _setter(owner, key))
        elif isinstance(value, type) and getattr(value, "__module__", "") == name:
            yield from _in_namespace(value, f"{name}.{key}", seen)
        else:
            yield from _in_functions(getattr(value, "__func__", value), seen)


def _in_functions(function: Any, seen: set[int]) -> Iterator[HostReference]:
    """A function of the SDK's, and those it wraps."""
    while isinstance(function, FunctionType) and id(function) not in seen:
        seen.add(id(function))
        if function.__module__.partition(".")[0] == fastapi_poe.__name__:
            yield from _in_function(function, f"{function.__module__}.{function.__qualname__}")
        function = getattr(function, "__wrapped__", None)


def _short(name: str) -> str:
    return name.removeprefix(f"{fastapi_poe.__name__}.")


def _setter(owner: Any, key: str) -> Callable[[str], None]:
    return lambda url: setattr(owner, key, url)


def _in_function(function: FunctionType, name: str) -> Iterator[HostReference]:
    for key, value in (function.__kwdefaults__ or {}).items():
        if _is_poe_url(value):
            yield HostReference(_short(f"{name}({key})"), value, _keyword_setter(function, key))
    code = function.__code__
    defaults = function.__defaults__ or ()
    first = code.co_argcount - len(defaults)
    for offset, value in enumerate(defaults):
        if _is_poe_url(value):
            argument = code.co_varnames[first + offset]
            yield HostReference(
                _short(f"{name}({argument})"), value, _default_setter(function, offset)
            )
    for offset, value in enumerate(code.co_consts):
        if _is_poe_url(value) and urlsplit(value).hostname not in _PAGES:
            yield HostReference(_short(f"{name}(…)"), value, _constant_setter(function, offset))


def _keyword_setter(function: FunctionType, key: str) -> Callable[[str], None]:
    def put(url: str) -> None:
        function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), key: url}

    return put


def _default_setter(function: FunctionType, offset: int) -> Callable[[str], None]:
    def put(url: str) -> None:
        defaults = list(function.__defaults__ or ())
        defaults[offset] = url
        function.__defaults__ = tuple(defaults)

    return put


def _constant_setter(function: FunctionType, offset: int) -> Callable[[str], None]:
    def put(url: str) -> None:
        constants = list(function.__code__.co_consts)
        constants[offset] = url
        function.__code__ = function.__code__.replace(co_consts=tuple(constants))

    return put


def _is_poe_url(value: Any) -> bool:
    if not isinstance(value, str) or not _BASE.match(value):
        return False
    return is_poe_host(urlsplit(value).hostname or "")
