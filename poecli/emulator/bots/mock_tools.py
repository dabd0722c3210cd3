"""Function calling of the mock bot: which tool to call, with what, and what to say after it.

And the same for an answer that has to be JSON of a given schema.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from poecli.emulator.bots.tool_arguments import ArgumentMaker
from poecli.protocol.foreign_json import loads
from poecli.protocol.messages import ToolDefinition, ToolResult
from poecli.protocol.requests import QueryRequest

_RESULTS = TypeAdapter(list[ToolResult])
_WORD = re.compile(r"[a-z]{3,}")
_BETWEEN_PARTS = re.compile(r"(?i)\s+and\s+|[,;&]")
_PIECE = 12  # characters of arguments in one delta
_NO_MATTER = re.compile(
    "the|and|for|get|set|are|you|what|how|who|can|doe|with|from|thi|that|given|your|use|it|"
    "please|tell|about|into|current"
)


ToolCall = tuple[str, dict[str, Any]]  # a tool's name, and the arguments to call it with


def chosen_calls(
    tools: Sequence[ToolDefinition], text: str, count: int = 1, *, must: bool = False
) -> Sequence[ToolCall]:
    """The tools that fit the text, with their arguments.

    When none has to do with it, there is no call, or one of the first tool if there ``must`` be.

    More than one call is made as a model does that is asked for several things: of the same tool
    for each part of the text ("in Paris and Tokyo"), or of the next best tools.
    """
    ranked = _ranked(tools, text) or [_call(tools[0], text)] * must
    if not ranked or count == 1:
        return ranked[:1]
    parts = [part for part in _BETWEEN_PARTS.split(text.rstrip("?.! ")) if part]
    best = next(tool for tool in tools if tool.function.name == ranked[0][0])
    split = [_call(best, part) for part in parts] if len(parts) >= count else []
    others = [_call(tool, text) for tool in tools if tool is not best]
    different: list[ToolCall] = []
    for call in (*split, *ranked, *others):
        if call not in different:
            different.append(call)
    return [*different, *ranked[:1] * count][:count]


def _call(tool: ToolDefinition, text: str) -> ToolCall:
    return tool.function.name, ArgumentMaker(tool.function.parameters, text).make()


def _ranked(tools: Sequence[ToolDefinition], text: str) -> list[ToolCall]:
    """The calls that have to do with the text, the best first."""
    scored: list[tuple[int, ToolCall]] = []
    words = _words(text)
    for tool in tools:
        function = tool.function
        maker = ArgumentMaker(function.parameters, text)
        arguments = maker.make()
        about = _words(f"{function.name} {function.description} {json.dumps(function.parameters)}")
        in_name = len(words & _words(function.name))
        score = 3 * in_name + len(words & about)
        # Words alone decide, unless every required argument was found in the text.
        required = function.parameters.get("required") or []
        if score or (required and maker.taken_from_text >= len(required)):
            scored.append((score, (function.name, arguments)))
    return [call for _, call in sorted(scored, key=lambda each: -each[0])]


def _words(text: str) -> set[str]:
    """Its words, without endings and without those that any text has."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    words = {word.rstrip("s") for word in _WORD.findall(split)}
    return {word for word in words if not _NO_MATTER.fullmatch(word)}


def tool_call_chunks(
    model: str, calls: Iterable[ToolCall], start: int = 0
) -> Iterator[dict[str, Any]]:
    """OpenAI-style chunks that ask for calls, the arguments of each in several pieces.

    ``start`` is how many calls the answer has asked for before.
    """
    for index, (name, arguments) in enumerate(calls, start):
        text = json.dumps(arguments, ensure_ascii=False)
        told_apart = f"{name}{text}{index or ''}"  # the same call twice is two calls
        call_id = "call_" + hashlib.sha256(told_apart.encode()).hexdigest()[:24]
        first = {"name": name, "arguments": ""}
        yield _chunk(model, {"index": index, "id": call_id, "type": "function", "function": first})
        for place in range(0, len(text), _PIECE):
            piece = {"arguments": text[place : place + _PIECE]}
            yield _chunk(model, {"index": index, "function": piece})
    yield _chunk(model, None)


def _chunk(model: str, call: dict[str, Any] | None) -> dict[str, Any]:
    choice = {
        "index": 0,
        "delta": {"tool_calls": [call]} if call else {},
        "finish_reason": None if call else "tool_calls",
    }
    return {"object": "chat.completion.chunk", "model": model, "choices": [choice]}


def newest_results(request: QueryRequest) -> Sequence[ToolResult]:
    """The results the model is to answer from.

    They stand beside the query, or in its last message (role ``tool``), where a bot with a loop
    of its own puts them: https://creator.poe.com/docs/server-bots/function-calling
    """
    last = request.query[-1] if request.query else None
    if request.tool_results or last is None or last.role != "tool":
        return request.tool_results or ()
    try:
        return _RESULTS.validate_json(last.content)
    except ValueError:
        return ()


def answer_from_results(results: Sequence[ToolResult]) -> str:
    """A sentence for each result, with every value it holds."""
    return "\n\n".join(
        f"`{result.name}` answered: {_in_words(_opened(result.content))}." for result in results
    )


def results_in_words(results: Sequence[ToolResult]) -> str:
    """The values of the results alone."""
    return "; ".join(_in_words(_opened(result.content)) for result in results)


def _opened(content: str) -> Any:
    """The value of a result; fastapi_poe encodes a function's JSON text as JSON once more."""
    value: Any = content
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = loads(value)
        except ValueError:
            break
    return value


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_in_words(part)}" for key, part in value.items()) or "nothing"
    if isinstance(value, list):
        return "; ".join(_in_words(part) for part in value) or "nothing"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "nothing"}[value]
    return str(value).strip().rstrip(".")


def must_call(request: QueryRequest) -> bool:
    """Whether OpenAI's ``tool_choice`` came with the query, and leaves no other answer."""
    return (request.extra_params or {}).get("tool_choice") == "required"


def answer_in_form(extra: Mapping[str, Any] | None, text: str) -> str | None:
    """The JSON that a ``response_format`` of OpenAI's asks for; None where none is asked for."""
    form = (extra or {}).get("response_format")
    form = form if isinstance(form, Mapping) else {}
    if form.get("type") == "json_object":
        return json.dumps({"received": text}, ensure_ascii=False)
    if form.get("type") != "json_schema":
        return None
    named = form.get("json_schema")
    schema = named.get("schema") if isinstance(named, Mapping) else None
    made = ArgumentMaker(schema if isinstance(schema, Mapping) else {}, text).make()
    return json.dumps(made, ensure_ascii=False)
