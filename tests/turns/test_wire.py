"""A query's bytes, told again from its JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poecli.protocol.foreign_json import loads
from poecli.turns.kept import KeptAnswer
from poecli.turns.reading import read_turns
from poecli.turns.wire import KeptWire, wire_of
from poecli.turns.writing import TurnWriter

KEY = "made-up-key-of-a-user-for-the-test"
QUERY = {
    "access_key": "<missing>",
    "type": "query",
    "query": [{"role": "user", "content": 'ü "a": 1'}],
    "api_key": "<missing>",
    "n": 1.5,
    "none": None,
}
HEADERS = [
    (b"Host", b"127.0.0.1"),
    (b"Authorization", b"Bearer " + KEY.encode()),
    (b"X-Api-Key", b"short"),
]
HEAD = (
    "POST /bot?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Authorization: Bearer ****\r\nX-Api-Key: ****\r\n\r\n"
)
BODIES = {
    "httpx": (json.dumps(QUERY, ensure_ascii=False, separators=(",", ":")), "compact"),
    "the SDK": (json.dumps(QUERY), "spaced ascii"),
    "aiohttp": (json.dumps(QUERY, separators=(",", ":")), "compact ascii"),
    "spaced": (json.dumps(QUERY, ensure_ascii=False), "spaced"),
    "by hand": (json.dumps(QUERY, indent=2), ""),
    "floats": ('{"type":"query","n":1.50}', ""),
    "twice": ('{"type":"query","n":1,"n":2}', ""),
    "empty": ("{ }", ""),
}


def kept(folder: Path, raw: bytes, headers: Any = HEADERS) -> Any:
    query = loads(raw)
    wire = wire_of("/bot?a=b", headers, raw, query)
    TurnWriter(folder / ".poe", [KEY]).turn("r-1", "Bot", "/bot", query, KeptAnswer(), wire=wire)
    return next(read_turns(folder))


@pytest.mark.parametrize(("body", "spelling"), BODIES.values(), ids=BODIES)
def test_every_byte_comes_back(body: str, spelling: str, tmp_path: Path) -> None:
    turn = kept(tmp_path, body.encode())
    assert turn.raw_request == HEAD + body
    assert turn.wire.spelling == spelling


DASH = "\\u002d"
PRIVATE = {"url": "https://a.example/f?sig=short", "name": "f", "content_type": "text/plain"}
SECRET = {
    "in the text": (f'{{"type": "query",\n"said": "{KEY}"}}', "*" * len(KEY)),
    "spelled otherwise": (f'{{"type": "query",\n"said": "{KEY.replace("-", DASH)}"}}', ""),
    "a member": ('{"access_key":"short","type":"query"}', '{"access_key":"****","type":'),
    "a member by hand": ('{"type": "query",\n"access_key": "short"}', ""),
    "what opens a file": (json.dumps({"query": [{"attachments": [PRIVATE]}]}, indent=1), ""),
}


@pytest.mark.parametrize(("body", "shown"), SECRET.values(), ids=SECRET)
def test_keys_are_in_none_of_it(body: str, shown: str, tmp_path: Path) -> None:
    """Where one can't be masked the bytes are not kept, and the JSON alone is shown."""
    turn = kept(tmp_path, body.encode())
    written = (tmp_path / ".poe/turns.jsonl").read_text(encoding="utf-8")
    assert KEY not in written
    assert "short" not in written
    assert shown in turn.raw_request
    assert bool(turn.raw_request) == bool(shown)


def test_an_odd_body_that_is_long_is_not_kept() -> None:
    raw = b'{ "type": "query", "x": "' + b"x" * 100_000 + b'"}'
    assert wire_of("/", [], raw, loads(raw)) == KeptWire("POST / HTTP/1.1\r\n\r\n")
