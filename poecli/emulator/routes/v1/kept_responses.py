"""What ``previous_response_id`` goes on from. Bounded: the oldest are forgotten first."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Some hundred long conversations; a picture of 10 MB in one of them leaves room for others.
_CHARACTERS = 64 * 1024 * 1024
_RESPONSES = 10_000


@dataclass(frozen=True)
class _Kept:
    previous: str
    items: Sequence[Any]
    size: int


class KeptResponses:
    """The items of recent responses. Each holds what it added; its ``previous`` has the rest."""

    def __init__(self, characters: int = _CHARACTERS, responses: int = _RESPONSES) -> None:
        self._most = (characters, responses)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0

    def keep(self, id: str, previous: str, items: Sequence[Any]) -> None:
        """A response is complete: what was asked and answered in it."""
        kept = _Kept(previous, items, len(json.dumps(items, ensure_ascii=False)))
        self._kept[id] = kept
        self._size += kept.size
        characters, responses = self._most
        while self._kept and (self._size > characters or len(self._kept) > responses):
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size

    def conversation(self, id: str) -> list[Any] | None:
        """All items up to and with a response; None where a part of them is not kept."""
        chain: list[str] = []
        wanted = id
        while wanted:
            if wanted not in self._kept:
                return None
            chain.append(wanted)
            wanted = self._kept[wanted].previous
        items: list[Any] = []
        for each in reversed(chain):
            self._kept.move_to_end(each)  # a conversation that goes on stays whole
            items += self._kept[each].items
        return items
