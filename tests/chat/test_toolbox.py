"""Functions as tools: what the model is told, what is run, and what it hears back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from poecli.chat.toolbox import Toolbox, definition_of, read_toolbox, schema_of
from tests.poe import poe, user_env
from tests.scripted import DONE, Answer, event, in_a_thread, text


@dataclass
class Place:
    """A type of the author's."""

    x: int


TOOLS = '''
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b

async def later(word: str) -> dict:
    return {"said": word}

def fails() -> None:
    raise ValueError("nope")

def _hidden(): ...
'''


def call(id: str, name: str, arguments: str) -> bytes:
    """The chunk by which a model calls a tool."""
    function = {"name": name, "arguments": arguments}
    delta = {"tool_calls": [{"index": 0, "id": id, "type": "function", "function": function}]}
    return event("json", {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Annotated[float, "in metres"], {"type": "number", "description": "in metres"}),
        (list[Path], {"type": "array", "items": {"type": "string", "format": "path"}}),
        (list[Place], {}),
        (Toolbox, {}),
        (Any, {}),
    ],
    ids=str,
)
def test_a_type_becomes_a_schema(hint: Any, schema: dict[str, Any]) -> None:
    """As pydantic reads it; what JSON has not, or needs definitions of its own, is left open."""
    assert schema_of(hint) == schema


def test_a_function_becomes_a_tool() -> None:
    """Name, docstring and signature are what the model gets to know."""

    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    definition = definition_of(add).function
    assert (definition.name, definition.description) == ("add", "Add two numbers.")
    assert definition.parameters == {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}},
        "required": ["a"],
    }


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        pytest.param("add", '{"a": 2, "b": 3}', "5", id="a value"),
        pytest.param("add", '{"a": 2}', "3", id="a default"),
        pytest.param("later", '{"word": "hi"}', '{"said": "hi"}', id="a coroutine"),
        pytest.param("fails", "{}", "ValueError: nope", id="it raises"),
        pytest.param("add", '{"c": 1}', "TypeError: add() got", id="wrong arguments"),
        pytest.param("add", "[1]", "can't be used", id="arguments of another form"),
        pytest.param("add", "[" * 10**5, "nested too deeply", id="arguments without a bottom"),
        pytest.param("nope", "{}", "no tool", id="unknown"),
    ],
)
def test_a_call_is_run_and_answered(name: str, arguments: str, result: str, tmp_path: Path) -> None:
    """The model hears the result, or what went wrong; its last words are the answer."""
    (tmp_path / "tools.py").write_text(TOOLS)
    first = Answer([call("call-1", name, arguments), DONE])
    with in_a_thread(first, Answer([text("done with it"), DONE])) as server:
        flags = ("--tools", str(tmp_path / "tools.py"), "--yes")
        ran = poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert (ran.code, ran.stdout) == (0, "done with it\n")
    offered = [tool["function"]["name"] for tool in server.requests[0].json["tools"]]
    assert offered == ["add", "later", "fails"]
    (told,) = server.requests[1].json["tool_results"]
    assert told["tool_call_id"] == "call-1"
    assert result in told["content"]


def test_several_rounds_add_up(tmp_path: Path) -> None:
    """Each round sends all calls and results so far."""
    (tmp_path / "tools.py").write_text(TOOLS)
    rounds = [Answer([call(f"c{n}", "add", f'{{"a": {n}}}'), DONE]) for n in (1, 2)]
    with in_a_thread(*rounds, Answer([text("5"), DONE])) as server:
        flags = ("--tools", str(tmp_path / "tools.py"), "--yes", "--json")
        ran = poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert json.loads(ran.stdout)["text"] == "5"
    last = server.requests[2].json
    assert [result["content"] for result in last["tool_results"]] == ["2", "3"]
    assert [made["id"] for made in last["tool_calls"]] == ["c1", "c2"]


def test_nothing_runs_without_a_yes(tmp_path: Path) -> None:
    """Without a person and without --yes, a call ends the chat with code 2 and names the flag."""
    (tmp_path / "tools.py").write_text(TOOLS)
    with in_a_thread(Answer([call("c", "add", '{"a": 1}'), DONE])) as server:
        flags = ("--tools", str(tmp_path / "tools.py"))
        ran = poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert ran.code == 2
    assert "--yes" in ran.stderr
    assert len(server.requests) == 1


async def test_a_no_is_told_to_the_model(tmp_path: Path) -> None:
    """A refused call is not run; the model hears that it was refused."""
    (tmp_path / "tools.py").write_text(TOOLS)
    shown: list[str] = []

    async def no(_call: str) -> bool:
        return False

    toolbox = read_toolbox(tmp_path / "tools.py", no, shown.append)
    function = {"name": "add", "arguments": '{"a": 1}'}
    _, (result,) = await toolbox.run([{"id": "c", "function": function}])

    assert "did not allow" in result.content
    assert shown == ["add(a=1): not allowed"]


def test_words_in_chunks_are_text(tmp_path: Path) -> None:
    """A model that was offered tools may stream its words in json events."""
    (tmp_path / "tools.py").write_text(TOOLS)
    chunk = event("json", {"choices": [{"delta": {"content": "plain"}, "finish_reason": None}]})
    with in_a_thread(Answer([chunk, DONE])) as server:
        flags = ("--tools", str(tmp_path / "tools.py"))
        ran = poe("chat", server.url, "-m", "hi", *flags, env=user_env(tmp_path))

    assert (ran.code, ran.stdout) == (0, "plain\n")
