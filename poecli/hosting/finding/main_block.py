"""``if __name__ == "__main__":`` of a bot file: whether it serves a bot, and its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any

from poecli.source.python_file import PythonFile, dotted, walk

_SERVERS = ("fastapi_poe", "uvicorn")
_STARTERS = ("run", "make_app", "Server")
_USUAL = {"fp.run", "fastapi_poe.run", "uvicorn.run", "uvicorn.Server"}  # imported in the block


def main_block(source: PythonFile, names: Mapping[str, Any]) -> CodeType | None:
    """The compiled body of a file's main block; None when there is none that serves a bot.

    ``names`` are the module's. A block that does something else (a test, a chat on the terminal) is
    not to be run by us.
    """
    functions = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    for node in source.tree.body:
        is_main = isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        body = node.body if isinstance(node, ast.If) and is_main else []
        if any(_starts_server(call, names) for call in _calls(body, functions)):
            block = ast.Module(body=body, type_ignores=[])
            return compile(block, source.name, "exec", dont_inherit=True)
    return None


def _calls(body: list[ast.stmt], functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """What a block calls, and what the file's own functions called there call in turn."""
    for statement in body:
        for call in walk(statement, ast.Call):
            name = dotted(call.func)
            yield name
            if name in functions:
                rest = {n: f for n, f in functions.items() if n != name}
                yield from _calls(functions[name].body, rest)


def _starts_server(call: str, names: Mapping[str, Any]) -> bool:
    """Whether a dotted name is a function that serves: by what it stands for, else by custom."""
    head, _, last = call.partition(".")
    if head not in names:
        return call in _USUAL
    value = names[head]
    if isinstance(value, ModuleType):
        return value.__name__.startswith(_SERVERS) and last.rpartition(".")[2] in _STARTERS
    module = getattr(value, "__module__", None) or ""
    return not last and module.startswith(_SERVERS) and value.__name__ in _STARTERS
