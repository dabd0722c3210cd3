"""Stops calls to Poe that go round fastapi_poe, and says which line made them.

The check stands where every client passes on its way out: looking up the host's name, connecting,
and aiohttp's request (which looks names up in a task of its own, where the author's line is out of
sight). Other hosts are the author's business.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from poecli.config.network.proxies import proxy_variables, usable_everywhere
from poecli.errors import BotLoadError
from poecli.hosting.author.frames import calling_place

POE_DOMAINS = ("poe.com", "quora.com")
_AIOHTTP = "aiohttp.client"  # the bot's own affair: a worker needs no aiohttp
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class PoeHostBlocked(BotLoadError):
    """The author's code calls a host of Poe's directly."""

    id = "poe-host-blocked"
    is_containment = True  # looked for in the causes of what a library makes of it


def is_poe_host(host: str) -> bool:
    """Whether a host belongs to Poe: poe.com, quora.com and those below them."""
    return _is_below(host, POE_DOMAINS)


def _is_below(host: str, domains: tuple[str, ...]) -> bool:
    name = host.rstrip(".").lower()
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)


def install(allow_hosts: tuple[str, ...]) -> Callable[[], None]:
    """Refuse Poe's hosts but those allowed, in this process; returns what undoes it."""
    guard = _Guard(tuple(host.lower() for host in allow_hosts))
    loop_class = asyncio.base_events.BaseEventLoop
    replaced: list[tuple[Any, str, Any]] = [
        (socket, "getaddrinfo", guard.checking_first(socket.getaddrinfo)),
        (socket, "gethostbyname", guard.checking_first(socket.gethostbyname)),
        (socket.socket, "connect", guard.checking_second(socket.socket.connect)),
        (loop_class, "getaddrinfo", guard.checking_second(loop_class.getaddrinfo)),
    ]
    originals = [(owner, name, vars(owner).get(name)) for owner, name, _ in replaced]
    for owner, name, function in replaced:
        setattr(owner, name, function)
    finder = _AfterImport(_AIOHTTP, guard.check_requests_of)
    sys.meta_path.insert(0, finder)
    if _AIOHTTP in sys.modules:
        guard.check_requests_of(sys.modules[_AIOHTTP])
    kept = _past_the_proxies(os.environ)

    def undo() -> None:
        for owner, name, function in originals:
            if function is None:
                delattr(owner, name)  # it was inherited
            else:
                setattr(owner, name, function)
        sys.meta_path.remove(finder)
        guard.leave_requests()
        _put_back(kept)

    return undo


def _past_the_proxies(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Keep Poe's hosts and this machine from proxies, which would look the names up elsewhere.

    And let the bot's own calls understand what our client does: a desktop's ``socks://``.
    """
    proxies = proxy_variables(environment)
    kept = {name: environment.get(name) for name in (*proxies, "NO_PROXY", "no_proxy")}
    before = kept["no_proxy"] or kept["NO_PROXY"] or ""
    both = ",".join(dict.fromkeys([*usable_everywhere(before), *POE_DOMAINS, *_LOOPBACK]))
    os.environ.update({**proxies, "NO_PROXY": both, "no_proxy": both})
    return kept


def _put_back(kept: Mapping[str, str | None]) -> None:
    for name, value in kept.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class _AfterImport(MetaPathFinder):
    """Calls ``then`` with a module once it is imported."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == self._name else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_go_on(module: ModuleType) -> None:
            execute(module)
            self._then(module)

        spec.loader.exec_module = execute_and_go_on  # type: ignore[method-assign] # of this one loader
        return spec


class _Guard:
    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = allowed
        self._sessions: list[tuple[Any, Any]] = []

    def check_requests_of(self, aiohttp_client: ModuleType) -> None:
        """Check the one door of all methods of aiohttp's ClientSession."""
        session = aiohttp_client.ClientSession
        self._sessions.append((session, session._request))  # noqa: SLF001 - see above
        session._request = self.checking_url(session._request)  # noqa: SLF001 - as above

    def leave_requests(self) -> None:
        """Take that back."""
        while self._sessions:
            session, original = self._sessions.pop()
            session._request = original  # noqa: SLF001 - as above

    def check(self, host: Any) -> None:
        """Raise PoeHostBlocked for a host of Poe's; the stack tells who asks."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if not isinstance(name, str) or not is_poe_host(name) or _is_below(name, self._allowed):
            return
        place = calling_place(sys._getframe())  # noqa: SLF001 - the only way to a caller's line
        raise PoeHostBlocked(
            f"{place or 'A library'} calls {name} without fastapi_poe, which is not allowed here; "
            f'to allow it, set allow_hosts = ["{name}"] under [dev] in poe.toml.',
            why="It would reach the real Poe, with your key and your points.",
            hint="Use fastapi_poe's functions, or POE_BASE_URL in place of the host: both reach "
            "the local Poe.",
        )

    def checking_first(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function(host, …)``, checked."""

        def checked(host: Any, *args: Any, **kwargs: Any) -> Any:
            self.check(host)
            return function(host, *args, **kwargs)

        return checked

    def checking_second(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """``method(self, host or (host, port), …)``, checked."""

        def checked(owner: Any, address: Any, *args: Any, **kwargs: Any) -> Any:
            self.check(address[0] if isinstance(address, tuple) and address else address)
            return method(owner, address, *args, **kwargs)

        return checked

    def checking_url(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """``ClientSession._request(self, method, url, …)``, checked."""

        def checked(owner: Any, verb: str, url: Any, **kwargs: Any) -> Any:
            self.check(urlsplit(str(url)).hostname)
            return method(owner, verb, url, **kwargs)

        return checked
