"""Arguments made from a JSON schema and the user's words."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.emulator.bots.tool_arguments import ArgumentMaker

S = {"type": "string"}
WHOLE = {"type": "integer"}
B = {"type": "boolean"}


def schema(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    names = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": names}


ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("What is the weather in Tokyo?", schema(location=S), {"location": "Tokyo"}),
    ("weather in San Francisco, CA please", schema(location=S), {"location": "San Francisco, CA"}),
    ("whats the weather in tokyo", schema(location=S), {"location": "tokyo"}),
    ("How is Paris today?", schema(city=S), {"city": "Paris"}),
    (
        "Fly from Paris to New York",
        schema(origin=S, destination=S),
        {"origin": "Paris", "destination": "New York"},
    ),
    ('Open "my notes.txt"', schema(name=S), {"name": "my notes.txt"}),
    ("anything at all", schema(query=S), {"query": "anything at all"}),
    ("hello", schema(city=S), {"city": "hello"}),
    ("in Rome, celsius", schema(unit={"enum": ["celsius", "fahrenheit"]}), {"unit": "celsius"}),
    ("in Rome", schema(unit={"enum": ["c", "f"]}), {"unit": "c"}),
    ("in Rome", schema(unit={"enum": ["c", "f"], "default": "f"}), {"unit": "f"}),
    ("in Rome", schema([], location=S, unit={"enum": ["celsius"]}), {}),
    ("in Rome, Celsius", schema([], unit={"enum": ["celsius"]}), {"unit": "celsius"}),
    ("add 3 and 4.5", schema(a={"type": "number"}, b={"type": "number"}), {"a": 3, "b": 4.5}),
    ("roll 2 dice of 20", schema(count=WHOLE, sides=WHOLE), {"count": 2, "sides": 20}),
    ("roll 2.5 dice", schema(count=WHOLE), {"count": 1}),
    ("at 7", schema(n={"type": "integer", "minimum": 10}), {"n": 10}),
    ("be verbose", schema(verbose=B), {"verbose": True}),
    ("not verbose", schema(verbose=B), {"verbose": False}),
    ("whatever", schema(verbose=B), {"verbose": False}),
    ("sum 1, 2 and 3", schema(values={"type": "array", "items": WHOLE}), {"values": [1, 2, 3]}),
    (
        "compare Tokyo, Paris",
        schema(cities={"type": "array", "items": S}),
        {"cities": ["Tokyo", "Paris"]},
    ),
    ("nothing", schema(tags={"type": "array", "items": WHOLE}), {"tags": []}),
    (
        "on 2026-05-01 at Rome",
        schema(date={"type": "string", "format": "date"}),
        {"date": "2026-05-01"},
    ),
    (
        "mail ann@example.org",
        schema(to={"type": "string", "format": "email"}),
        {"to": "ann@example.org"},
    ),
    ("read https://a.example/b?c=1", schema(url=S), {"url": "https://a.example/b?c=1"}),
    ("in Oslo", schema(place={"type": "object", **schema(city=S)}), {"place": {"city": "Oslo"}}),
    (
        "in Oslo",
        {"$defs": {"P": schema(city=S)}, **schema(place={"$ref": "#/$defs/P"})},
        {"place": {"city": "Oslo"}},
    ),
    ("in Oslo", schema(city={"anyOf": [{"type": "null"}, S]}), {"city": "Oslo"}),
    ("in Oslo", schema(city={"type": ["null", "string"]}), {"city": "Oslo"}),
    ("in Oslo", schema(city={"allOf": [S, {"minLength": 1}]}), {"city": "Oslo"}),
    ("x", schema(mode={"const": "fast"}), {"mode": "fast"}),
    ("x", schema(n={"type": "integer", "examples": [7]}), {"n": 7}),
    ("x", schema(o={"type": "object"}), {"o": {}}),
    ("x", {}, {}),
    ("x", {"$ref": "#"}, {}),
    ("x", schema([], self={"$ref": "#"}), {}),
]


@pytest.mark.parametrize(("text", "wanted", "made"), ROWS, ids=[f"{r[0]} {r[2]}" for r in ROWS])
def test_arguments_fit_schema_and_text(
    text: str, wanted: dict[str, Any], made: dict[str, Any]
) -> None:
    """The words fill what the schema asks for; what they do not say gets a legal value."""
    assert ArgumentMaker(wanted, text).make() == made
