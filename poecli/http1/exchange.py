"""One request and the way back: what a handler is given, whoever serves it.

Our own server makes exchanges of plain requests (server); of all others, a general server does.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence

from poecli.http1.heads import ResponseHead

Address = tuple[str, int]

# A client that takes nothing for this long has gone; the worker of its answer is freed.
STUCK_SECONDS = 30.0


class Exchange(ABC):
    """One request, and its answer: `begin`, any number of `write`, `end`.

    One that its handler leaves without an end is cut, so that it looks cut. ``target`` is the path
    as it came in, with the query; ``path`` is decoded, and without. The head of the answer leaves
    with the first bytes of its body, maybe none: ``write(b"")`` sends it by itself.
    """

    __slots__ = ("headers", "is_begun", "is_over", "method", "path", "target")

    http_version = "1.1"

    def __init__(
        self, method: str, target: str, path: str, headers: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self.method = method
        self.target = target
        self.path = path
        self.headers = headers
        self.is_begun = False
        self.is_over = False

    @property
    @abstractmethod
    def transport(self) -> asyncio.BaseTransport | None:
        """The client's; None once it has hung up."""

    @property
    def client(self) -> Address | None:
        """The client's address; None over a unix socket."""
        return _address(self.transport, "peername")

    @property
    def server(self) -> Address | None:
        """Our own address; None for a unix socket."""
        return _address(self.transport, "sockname")

    async def read(self) -> bytes:
        """The whole body."""
        return await self.read_up_to(math.inf)

    async def read_up_to(self, largest: float) -> bytes:
        """The whole body; of one that is larger, as much as shows it."""
        parts, size, has_more = [], 0, True
        while has_more and size <= largest:
            part, has_more = await self.read_some()
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    @abstractmethod
    async def read_some(self) -> tuple[bytes, bool]:
        """What is there of the body, and whether more is to come."""

    @abstractmethod
    async def begin(self, head: ResponseHead) -> None:
        """The head of the answer. Raises ConnectionError when the client has gone."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """A part of the body. Raises ConnectionError when the client has gone."""

    @abstractmethod
    async def end(self, data: bytes = b"") -> None:
        """The rest of the body. Raises ConnectionError when the client has gone."""

    async def answer(self, head: ResponseHead, body: bytes) -> None:
        """Head and body at once. Raises ConnectionError when the client has gone."""
        await self.begin(head)
        await self.end(body)

    @abstractmethod
    def abort(self) -> None:
        """Hang up."""

    @abstractmethod
    async def gone(self) -> None:
        """Return when the client has hung up."""


Handler = Callable[[Exchange], Awaitable[None]]


def _address(transport: asyncio.BaseTransport | None, which: str) -> Address | None:
    found = transport.get_extra_info(which) if transport is not None else None
    return found[:2] if isinstance(found, tuple) else None
