"""How a query came over the wire, beside its JSON: the head, and how the JSON was written.

What a program sends is byte for byte its JSON in one of four spellings, so the name of the
spelling is kept. Any other body is kept itself, up to a size: each holds the whole conversation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from poecli.config.redaction import NO_KEY, head_to_keep, masked_text, masked_value
from poecli.protocol.foreign_json import loads

KEYS_OF_A_BODY = ("access_key", "api_key")
_SPACED = re.compile(r'\{"[^"]*": ')
_ASCII = " ascii"
_SPELLINGS = {
    name + suffix: json.JSONEncoder(ensure_ascii=bool(suffix), separators=separators).encode
    for name, separators in (("compact", (",", ":")), ("spaced", (", ", ": ")))
    for suffix in ("", _ASCII)
}
_LARGEST_SPELLED = 1024 * 1024  # bytes; it takes some 5 ms
_LARGEST_KEPT = 64 * 1024

Query = Mapping[str, Any]


@dataclass(frozen=True)
class KeptWire:
    """``head`` is all before the body; ``body`` is empty where a ``spelling`` tells it.

    ``keys`` are the places of keys among the members of the JSON, with what is shown there.
    """

    head: str = ""
    spelling: str = ""
    body: str = ""
    keys: tuple[tuple[int, str, str], ...] = ()

    def request(self, query: Query) -> str:
        """All as it came but for keys, which are missing from the JSON; "" if that is not kept."""
        if self.spelling not in _SPELLINGS:
            return self.head + self.body if self.body else ""
        members = list(query.items())
        for place, name, shown in self.keys:
            members.insert(place, (name, shown))
        return self.head + _SPELLINGS[self.spelling](dict(members))

    def masked(self, query: Query, keys: Sequence[str]) -> KeptWire:
        """The same without keys; without its body where one is written in another way there."""
        if not self.body:
            return self
        body = masked_text(self.body, keys)
        found = loads(body) == masked_value(query, keys) and all(
            query[name] in (NO_KEY, *keys) for name in KEYS_OF_A_BODY if name in query
        )
        return replace(self, body=body if found else "")


def wire_of(
    target: str, headers: Iterable[tuple[bytes, bytes]], raw: bytes, query: Query
) -> KeptWire:
    """What is kept of a POST whose body ``raw`` is the JSON ``query``, with its keys."""
    head = head_to_keep(f"POST {target} HTTP/1.1", headers)
    if len(raw) > _LARGEST_SPELLED:
        return KeptWire(head)
    text = raw.decode("utf-8", "replace")
    spelling = ("spaced" if _SPACED.match(text) else "compact") + _ASCII * text.isascii()
    if _SPELLINGS[spelling](query) != text:
        return KeptWire(head, body=text if len(raw) <= _LARGEST_KEPT else "")
    keys = [
        (place, name, NO_KEY if value == NO_KEY else "****")
        for place, (name, value) in enumerate(query.items())
        if name in KEYS_OF_A_BODY
    ]
    return KeptWire(head, spelling, keys=tuple(keys))
