"""How Poe was seen to deliver a message to a bot, rehearsed on request: seen, not promised.

drop-and-resend       hung up on while only `meta` and comments came, then asked again
resend-after-content  hung up on after the first content, then asked again
starve                hung up on after a silence
stop                  the user presses Stop after the first content
reused-connection     all messages come by one connection, which stays open

https://github.com/kfet/poe-acp (its changelog; "resend" means the same message_id)
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from poecli.config import faults
from poecli.config.faults import Fault, parse_faults, texts_in
from poecli.errors import UsageError
from poecli.http1.client import ClientConnection, ConnectionPool
from poecli.http1.exchange import Address
from poecli.http1.heads import RawHeaders, ResponseHead
from poecli.protocol import events as ev
from poecli.protocol import limits
from poecli.protocol.answer import EventReader
from poecli.protocol.sse import encode_frame
from poecli.waiting import within

R = TypeVar("R")
_DONE = encode_frame(ev.frame_from_event(ev.Done()))
_ONE_CLIENT = ("127.0.0.1", 50_000)  # any: it is the same for all
_AT_ONCE = "the whole answer came at once: make the bots it calls slower (mock,pace=0.1)"
_SETTINGS = b'{"version": "1.2", "type": "settings"}'


@dataclass(frozen=True)
class DeliveryTimes:
    """Seconds: how long Poe waits for content after the first byte, and within an answer."""

    first_content: float = 0.015
    silence: float = limits.SILENCE_SECONDS.value


@dataclass(frozen=True)
class Rehearsal:
    """Which faults of delivery strike, and with which times."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    times: DeliveryTimes = field(default_factory=DeliveryTimes)

    def kind_for(self, turn: int, headers: RawHeaders) -> type[Delivery]:
        """How a turn's message is delivered: by the first fault that strikes, else plainly."""
        asked = texts_in(headers)
        if not self.faults and not asked:
            return Delivery
        chance = random.Random(f"{self.seed}:{turn}")  # noqa: S311 - a fault is no secret
        for fault in (*self.faults, *_parsed(asked)):
            if fault.name in _KINDS and chance.random() < fault.share:
                return _KINDS[fault.name]
        return Delivery


def _parsed(texts: Iterable[str]) -> Sequence[Fault]:
    try:
        return parse_faults(texts)
    except UsageError:  # who begins the turn says so
        return ()


class HungUp(ConnectionError):
    """The answer ends here, because Poe would not read on."""


@dataclass
class Order:
    """What is sent to the worker: ``headers`` makes them anew each time, for the client's address.

    ``again`` is called before the message is sent again; ``say`` with a fault's name and what it
    did to the answer.
    """

    method: str
    target: str
    headers: Callable[[Address | None], RawHeaders]
    body: bytes
    client: Address | None
    again: Callable[[], None]
    say: Callable[[str, str], None]


class Delivery:
    """One message on its way to the bot, and the answer as it is read: whole, and as it comes."""

    def __init__(self, pool: ConnectionPool, order: Order, times: DeliveryTimes) -> None:
        self._pool = pool
        self.order = order
        self.times = times
        self._connection: ClientConnection | None = None

    async def head(self) -> ResponseHead:
        """Send the message and wait for the head. Raises ServerGone."""
        self._connection = await self._pool.take()
        return await self._ask(self._connection, self.order.client, self.order.body)

    async def read(self) -> bytes:
        """What has come since. Raises ServerGone, HungUp."""
        return await self._of_connection().read()

    @property
    def is_drained(self) -> bool:
        """True when the whole answer has been read."""
        return self._of_connection().is_drained

    def close(self) -> None:
        """Hang up, unless the answer was read to its end."""
        if self._connection is not None:
            self._pool.give_back(self._connection)
            self._connection = None

    async def _ask(
        self, connection: ClientConnection, client: Address | None, body: bytes
    ) -> ResponseHead:
        order = self.order
        connection.request(order.method, order.target, order.headers(client), body)
        return await connection.head()

    def _of_connection(self) -> ClientConnection:
        if self._connection is None:
            raise HungUp("nothing is read any more")
        return self._connection


class _Resending(Delivery):
    """The first answer is dropped and the message sent again, if there is reason to."""

    fault: ClassVar[str]
    drops_at_content: ClassVar[bool]
    reason: ClassVar[str]
    in_vain: ClassVar[str]

    def __init__(self, pool: ConnectionPool, order: Order, times: DeliveryTimes) -> None:
        super().__init__(pool, order, times)
        self._held: list[bytes] = []

    async def head(self) -> ResponseHead:
        head = await super().head()
        if not head.is_stream:
            return head
        if not await self._is_dropped():
            self.order.say(self.fault, self.in_vain)
            return head
        self._held.clear()
        self.close()
        self.order.say(self.fault, f"{self.reason}; the same message_id was sent again")
        self.order.again()
        return await super().head()

    async def read(self) -> bytes:
        return self._held.pop(0) if self._held else await super().read()

    @property
    def is_drained(self) -> bool:
        return not self._held and super().is_drained

    async def _is_dropped(self) -> bool:
        """Read until there is content, or too long none after the first byte."""
        reader, loop = EventReader(), asyncio.get_running_loop()
        deadline: float | None = None
        while not (self._held and super().is_drained):
            wait = None if deadline is None else max(0.0, deadline - loop.time())
            try:
                chunk = await within(super().read(), wait)
            except asyncio.TimeoutError:
                return True
            self._held.append(chunk)
            if any(map(_ends_the_wait, reader.feed(chunk))):
                return self.drops_at_content and not super().is_drained
            if deadline is None and not self.drops_at_content:
                deadline = loop.time() + self.times.first_content
        return False


class DropAndResend(_Resending):
    """Poe gives up on an answer that has begun and has nothing to show."""

    fault = faults.DROP_AND_RESEND
    drops_at_content = False
    reason = "no content came after the first byte, and Poe hung up"
    in_vain = "content came with the first byte, so Poe had no reason to hang up"


class ResendAfterContent(_Resending):
    """A network that fails in the middle of an answer."""

    fault = faults.RESEND_AFTER_CONTENT
    drops_at_content = True
    reason = "Poe hung up after the first content"
    in_vain = _AT_ONCE


class Starve(Delivery):
    """Poe gives up on an answer that has nothing new to show."""

    def __init__(self, pool: ConnectionPool, order: Order, times: DeliveryTimes) -> None:
        super().__init__(pool, order, times)
        self._reader = EventReader()
        self._deadline = self._next_deadline()

    async def head(self) -> ResponseHead:
        return await self._in_time(super().head())

    async def read(self) -> bytes:
        chunk = await self._in_time(super().read())
        if any(map(ev.is_content, self._reader.feed(chunk))):
            self._deadline = self._next_deadline()
        return chunk

    async def _in_time(self, work: Awaitable[R]) -> R:
        left = self._deadline - asyncio.get_running_loop().time()
        try:
            return await within(work, max(0.0, left))
        except asyncio.TimeoutError:
            silence = f"no content came for {self.times.silence:g} s, and Poe hung up"
            self.order.say(faults.STARVE, silence)
            raise HungUp("the answer was silent") from None

    def _next_deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.times.silence


class Stop(Delivery):
    """The user has read enough: Poe hangs up, and shows what came until then."""

    def __init__(self, pool: ConnectionPool, order: Order, times: DeliveryTimes) -> None:
        super().__init__(pool, order, times)
        self._reader = EventReader()
        self._stopped = False

    async def read(self) -> bytes:
        if self._stopped:
            self.close()
            self.order.say(faults.STOP, "the user pressed Stop, and Poe hung up")
            return _DONE
        chunk = await super().read()
        if any(map(ev.is_content, self._reader.feed(chunk))):
            self._stopped = not self.is_drained
            if self.is_drained:
                self.order.say(faults.STOP, _AT_ONCE)
        return chunk

    @property
    def is_drained(self) -> bool:
        return self._connection is None or super().is_drained


class ReusedConnection(Delivery):
    """The connection has carried other requests before, and its client asks for all users."""

    async def head(self) -> ResponseHead:
        self._connection = connection = await self._pool.take()
        await self._ask(connection, _ONE_CLIENT, _SETTINGS)
        while not connection.is_drained:
            await connection.read()
        return await self._ask(connection, _ONE_CLIENT, self.order.body)


_KINDS: Mapping[str, type[Delivery]] = {
    faults.DROP_AND_RESEND: DropAndResend,
    faults.RESEND_AFTER_CONTENT: ResendAfterContent,
    faults.STARVE: Starve,
    faults.STOP: Stop,
    faults.REUSED_CONNECTION: ReusedConnection,
}


def _ends_the_wait(event: ev.Event) -> bool:
    return ev.is_content(event) or isinstance(event, ev.Done)
