"""A conversation's bodies, each as what was added to the one before: pure.

Every query carries the whole conversation, so bodies kept whole would grow with its square. Poe
cuts the oldest messages off one that is long, and an edited message changes what follows it: so a
body is told as the runs of messages that it shares with its base, in their order, and the rest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MESSAGES = "query"
_MOST_RUNS = 4  # a system prompt that stays, a gap where the oldest went, and some to spare
_SHORTEST = 2  # messages: a conversation that begins has nothing before it
_FRAME_BYTES = 256  # of a message, beside its texts
_MOST_CHAINS = 64
_MOST_BYTES = 8 * 1024 * 1024  # as they are written; in memory it is several times as much

Body = Mapping[str, Any]


def added_to(base: Body, body: Body) -> dict[str, Any] | None:
    """What makes ``body`` of ``base``; None where that is no shorter way to say it.

    ``runs`` are slices [start, stop] of the base's messages, ``request`` the messages after them
    and the fields that are new or have another value, ``gone`` the names of those that are not
    there any more.
    """
    old, new = base.get(_MESSAGES), body.get(_MESSAGES)
    if not isinstance(old, list) or not isinstance(new, list) or len(new) < _SHORTEST:
        return None
    runs = _shared_runs(old, new)
    if not runs:
        return None
    rest = new[sum(stop - start for start, stop in runs) :]
    request = {name: value for name, value in body.items() if name not in base}
    request |= {name: body[name] for name in base if name in body and body[name] != base[name]}
    request[_MESSAGES] = rest
    gone = [name for name in base if name not in body]
    shared = [name for name in base if name in body]
    if list(body) != shared + [name for name in body if name not in base]:
        return None  # asked again, a body has its fields in their order
    return {"runs": runs, "request": request} | ({"gone": gone} if gone else {})


def with_added(base: Body, added: Mapping[str, Any]) -> dict[str, Any]:
    """The body again. Raises ValueError, TypeError or KeyError where it does not fit."""
    old, request, gone = base[_MESSAGES], added["request"], added.get("gone", ())
    messages: list[Any] = []
    for start, stop in added["runs"]:
        if not 0 <= start < stop <= len(old):
            raise ValueError(f"the base has no messages {start} to {stop}")
        messages += old[start:stop]
    body = {name: value for name, value in base.items() if name not in gone}
    return {**body, **request, _MESSAGES: messages + request[_MESSAGES]}


def _shared_runs(old: list[Any], new: list[Any]) -> list[list[int]]:
    """The slices of ``old`` that ``new`` begins with, one after the other."""
    runs: list[list[int]] = []
    at = begin = 0
    while at < len(new) and len(runs) < _MOST_RUNS:
        try:
            start = old.index(new[at], begin)
        except ValueError:
            break
        length = _shared_length(old, start, new, at)
        runs.append([start, start + length])
        at, begin = at + length, start + length
    return runs


def _shared_length(old: list[Any], start: int, new: list[Any], at: int) -> int:
    length = min(len(old) - start, len(new) - at)
    if old[start : start + length] == new[at : at + length]:  # all of it, at C's speed
        return length
    return next(n for n in range(length) if old[start + n] != new[at + n])


@dataclass(frozen=True)
class _Newest:
    id: str
    body: Body
    size: int


class Chains:
    """The newest body of each conversation, as the base of its next one.

    Of those that have not gone on for long nothing is remembered: their next body is whole.
    ``size`` is about what the remembered ones take, written whole.
    """

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[str, ...], _Newest] = OrderedDict()
        self.size = 0

    def link(self, chain: tuple[str, ...], id: str, body: Body) -> dict[str, Any]:
        """The fields that tell this body, the next in its chain; `on` is the id of its base."""
        last = self._newest.pop(chain, None)
        self.size -= last.size if last else 0
        added = None if last is None else added_to(last.body, body)
        if last is None or added is None:
            self._remember(chain, _Newest(id, body, _size(body.get(_MESSAGES))))
            return {"request": body}
        new = with_added(last.body, added)
        grows = added["runs"] == [[0, len(last.body[_MESSAGES])]]
        size = last.size + _size(added["request"][_MESSAGES]) if grows else _size(new[_MESSAGES])
        self._remember(chain, _Newest(id, new, size))
        return {"on": last.id, **added}

    def _remember(self, chain: tuple[str, ...], newest: _Newest) -> None:
        self._newest[chain] = newest
        self.size += newest.size
        while len(self._newest) > _MOST_CHAINS or (
            self.size > _MOST_BYTES and len(self._newest) > 1
        ):
            _, oldest = self._newest.popitem(last=False)
            self.size -= oldest.size

    def clear(self) -> None:
        """Every next body is whole."""
        self._newest.clear()
        self.size = 0


def _size(messages: Any) -> int:
    """About how many bytes messages take."""
    if not isinstance(messages, list):
        return 0
    return sum(map(_size_of_message, messages))


def _size_of_message(message: Any) -> int:
    """The texts in it are what can be large: its content, and that of its files."""
    content = message.get("content") if isinstance(message, dict) else None
    size = _FRAME_BYTES + (len(content) if isinstance(content, str) else 0)
    files = message.get("attachments") if isinstance(message, dict) else None
    return size + len(str(files)) if files else size
