"""The functions of a file as tools of a chat: described to the model, run here after a yes.

https://creator.poe.com/docs/server-bots/openai-function-calling
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import inspect
import json
import sys
import types
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from poecli.errors import BotLoadError, UsageError
from poecli.protocol.messages import FunctionDefinition, ToolCall, ToolDefinition, ToolResult
from poecli.protocol.reply import tool_arguments
from poecli.terminal.console import Console
from poecli.terminal.foreign import one_line
from poecli.terminal.prompts import confirm

Function = Callable[..., Any]
Approve = Callable[[str], Awaitable[bool]]
Show = Callable[[str], None]
_REFUSED = "The user did not allow this call."


@dataclass(frozen=True)
class Toolbox:
    """Functions by name. ``approve`` is asked before each call, ``show`` tells what happens."""

    functions: Mapping[str, Function]
    definitions: Sequence[ToolDefinition]
    approve: Approve
    show: Show

    async def run(
        self, calls: Sequence[Mapping[str, Any]]
    ) -> tuple[list[ToolCall], list[ToolResult]]:
        """Run each call; what goes wrong in one is told to the model as its result."""
        made = [ToolCall.model_validate(call) for call in calls]
        results = [
            ToolResult(
                tool_call_id=call.id, name=call.function.name, content=await self._result_of(call)
            )
            for call in made
        ]
        return made, results

    async def _result_of(self, call: ToolCall) -> str:
        function = self.functions.get(call.function.name)
        if function is None:
            return f"There is no tool {call.function.name!r}."
        try:
            arguments = tool_arguments(call.model_dump())
        except (ValueError, TypeError) as error:
            return f"The arguments can't be used: {error}"
        shown = one_line(f"{call.function.name}({_shown(arguments)})")
        if not await self.approve(shown):
            self.show(f"{shown}: not allowed")
            return _REFUSED
        content = await _outcome(function, arguments)
        self.show(f"{shown} = {one_line(content)}")
        return content


async def _outcome(function: Function, arguments: Mapping[str, Any]) -> str:
    try:
        if inspect.iscoroutinefunction(function):
            value = await function(**arguments)
        else:
            # In a thread, so that Ctrl-C and the screen go on while it works.
            value = await asyncio.to_thread(function, **arguments)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except Exception as error:  # noqa: BLE001 - the author's code; the model is told what it raised
        return f"{type(error).__name__}: {error}"


def _shown(arguments: Mapping[str, Any]) -> str:
    shown = {key: json.dumps(value, ensure_ascii=False) for key, value in arguments.items()}
    return ", ".join(f"{key}={value}" for key, value in shown.items())


def read_toolbox(file: Path, approve: Approve, show: Show) -> Toolbox:
    """The public functions that a file defines. Runs the file, in this process.

    Raises UsageError for a file that is missing or defines none, BotLoadError when it fails.
    """
    functions = _functions_of(_module(file))
    if not functions:
        raise UsageError(
            f"{file} defines no function that can be a tool.",
            why="A tool is a function whose name does not begin with an underscore.",
            hint='def add(a: int, b: int) -> int: """Add two numbers."""',
        )
    definitions = [definition_of(function) for function in functions.values()]
    return Toolbox(functions, definitions, approve, show)


def _module(file: Path) -> types.ModuleType:
    if not file.is_file():
        raise UsageError(f"There is no file {str(file)!r}.", hint="--tools FILE.py")
    spec = importlib.util.spec_from_file_location("poe_chat_tools", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} is not a Python file.", hint="--tools FILE.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and typing look a class's module up there
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BotLoadError(
            f"{file} failed while it was loaded.", why=f"{type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove(str(file.resolve().parent))
    return module


def _functions_of(module: types.ModuleType) -> dict[str, Function]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and value.__module__ == module.__name__
    }


def definition_of(function: Function) -> ToolDefinition:
    """A function as a tool: description from the docstring, JSON schema from the signature.

    Raises UsageError for a signature that no JSON object can fill.
    """
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise UsageError(
            f"The types of the tool {function.__name__!r} can't be read.", why=str(error)
        ) from error
    properties, required = {}, []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            raise UsageError(
                f"The tool {function.__name__!r} has parameters without a name.",
                hint="Give each parameter a name; no *args, no `/`.",
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        properties[name] = schema_of(hints.get(name, Any))
        if parameter.default is parameter.empty:
            required.append(name)
        elif parameter.default is None or isinstance(parameter.default, (str, int, float, bool)):
            properties[name]["default"] = parameter.default
    schema = {"type": "object", "properties": properties, "required": required}
    return ToolDefinition(
        function=FunctionDefinition(
            name=function.__name__, description=inspect.getdoc(function) or "", parameters=schema
        )
    )


def schema_of(hint: Any) -> dict[str, Any]:
    """The JSON schema of a type; the empty schema, which allows all, for types JSON has not.

    And for those with definitions of their own: a bot that passes its tools on loses ``$defs``,
    which fastapi_poe's ToolDefinition has no place for.
    """
    schema: dict[str, Any] = {}
    with contextlib.suppress(PydanticUserError, PydanticInvalidForJsonSchema):
        schema = TypeAdapter(hint).json_schema()
    if "$defs" in schema:
        schema = {}
    words = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, str)]
    return {**schema, **({"description": words[0]} if words else {})}


def approver(console: Console, *, yes: bool) -> Callable[[str], Awaitable[bool]]:
    """The function that is asked before each call of a tool.

    It raises MissingChoice, naming ``--yes``, when nobody is there to agree.
    """

    async def approve(call: str) -> bool:
        # In a thread, because a question runs a loop of its own.
        return yes or await asyncio.to_thread(confirm, console, f"Run {call}?", flag="--yes")

    return approve
