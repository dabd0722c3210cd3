"""Traps in a Python bot that its source shows: each with file and line.

Only what can be told for sure from the text is told; nothing is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from poecli.config.credentials import API_KEY_VARIABLE
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.conformance.results import Finding, Run
from poecli.protocol import limits
from poecli.source.pushed_settings import pushing_calls
from poecli.source.python_file import (
    FUNCTION,
    PythonFile,
    argument,
    dotted,
    literal_text,
    own,
    walk,
)

_KEY_LENGTH = limits.ACCESS_KEY_CHARACTERS.value
_GONE = ("Stub", "Mount")
_BLOCKING = {
    ("time", "sleep"),
    *(("requests", verb) for verb in ("get", "post", "put", "delete", "request")),
    ("urllib.request", "urlopen"),
    ("subprocess", "run"),
    ("subprocess", "check_output"),
}


def look_at_source(file: PythonFile) -> Run:
    """What the source of one file shows; findings call it by its name."""
    if file.error:
        reason = f"{file.name} is not valid in this version of Python"
        return Run((), frozenset(), dict.fromkeys(_TRAPS, reason))
    findings = [
        Finding(rule, detail, place=f"{file.name}:{node.lineno}")
        for rule, look in _TRAPS.items()
        for node, detail in look(file)
    ]
    return Run(tuple(findings), frozenset(_TRAPS))


_Hits = Iterator[tuple[ast.expr | ast.stmt, str]]


def _without_super(file: PythonFile) -> _Hits:
    for cls in file.bot_classes.values():
        for item in cls.body:
            if isinstance(item, FUNCTION) and item.name == "__init__":
                called = [dotted(c.func) for c in walk(item, ast.Call)]
                if not any(name.endswith(".__init__") for name in called):
                    yield item, f"{cls.name}.__init__ does not call super().__init__()"


def _get_responses(file: PythonFile) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for cls in file.bot_classes.values():
        for item in cls.body:
            if isinstance(item, FUNCTION) and item.name == "get_response":
                yield item


def _no_generator(file: PythonFile) -> _Hits:
    for function in _get_responses(file):
        yields = any(True for _ in own(function, (ast.Yield, ast.YieldFrom)))
        # A plain function may still return an async generator that another one made.
        if isinstance(function, ast.AsyncFunctionDef) is not yields:
            yield function, "get_response is not an async generator"


def _yields_text(file: PythonFile) -> _Hits:
    for function in _get_responses(file):
        for node in own(function, ast.Yield):
            if isinstance(node, ast.Yield) and _is_text_or_dict(node.value):
                yield node, "a string or a dict is yielded instead of fp.PartialResponse"


def _is_text_or_dict(value: ast.expr | None) -> bool:
    """True for what can't be anything else, whatever the names in it stand for."""
    if isinstance(value, ast.BinOp):
        return _is_text_or_dict(value.left) or _is_text_or_dict(value.right)
    if isinstance(value, ast.Call):
        return dotted(value.func) in ("str", "repr", "json.dumps", "dict")
    if isinstance(value, ast.Attribute):
        return _is_last_message(value.value) and value.attr == "content"
    return isinstance(value, (ast.JoinedStr, ast.Dict, ast.Constant))


def _is_last_message(value: ast.expr) -> bool:
    """``request.query[-1]``, by the names that fastapi_poe's documents use."""
    return isinstance(value, ast.Subscript) and dotted(value.value).endswith(".query")


def _file_text(file: PythonFile) -> _Hits:
    for call in file.calls():
        value = argument(call, "file_data")
        if isinstance(value, ast.JoinedStr) or (value and literal_text(value) is not None):
            yield value, "file_data is a string"


def _blocks(file: PythonFile) -> _Hits:
    for function in file.all(ast.AsyncFunctionDef):
        for call in own(function, ast.Call):
            if isinstance(call, ast.Call):
                name = dotted(call.func)
                module, _, attribute = name.rpartition(".")
                if (module, attribute) in _BLOCKING:
                    yield call, f"{name}() in an async function"


def _swallows_cancel(file: PythonFile) -> _Hits:
    for function in file.all(ast.AsyncFunctionDef):
        cancelled = {dotted(call.func) for call in walk(function, ast.Call)}
        for node in own(function, _TRIES):
            if _can_be_cancelled(node, cancelled) and (handler := _swallower(node)):
                kind = ast.unparse(handler.type) if handler.type else ""
                yield handler.body[0], f"except {kind} without raise" if kind else _BARE


_BARE = "a bare except without raise"
_TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))
_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield)


def _can_be_cancelled(node: ast.AST, called: Collection[str]) -> bool:
    """Whether a CancelledError of the answer can come up in the body of a try.

    One that awaits nothing but tasks which the function has cancelled itself waits for theirs.
    """
    body = ast.Module([item for item in _body(node) if not isinstance(item, FUNCTION)], [])
    waits = list(own(body, _WAITS))
    own_tasks = [
        wait
        for wait in waits
        if isinstance(wait, ast.Await) and f"{dotted(wait.value)}.cancel" in called
    ]
    return len(waits) > len(own_tasks)


def _body(node: ast.AST) -> list[ast.stmt]:
    body: list[ast.stmt] = getattr(node, "body", [])
    return body


def _swallower(node: ast.AST) -> ast.ExceptHandler | None:
    """The first handler that catches a CancelledError, if it does not raise."""
    handlers: list[ast.ExceptHandler] = getattr(node, "handlers", [])
    first = next((handler for handler in handlers if _catches_cancel(handler.type)), None)
    if first is None or any(True for _ in own(first, ast.Raise)):
        return None
    return first


def _catches_cancel(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_catches_cancel, kind.elts))
    return kind is None or dotted(kind) in _CANCELLED


_CANCELLED = (
    "BaseException",
    "CancelledError",
    "asyncio.CancelledError",
    "asyncio.exceptions.CancelledError",
)


def _key_in_source(file: PythonFile) -> _Hits:
    for value, text in _key_literals(file):
        if len(text) == _KEY_LENGTH and not set(text) <= {text[0]}:
            yield value, "this is an access key"


def _key_length(file: PythonFile) -> _Hits:
    for value, text in _key_literals(file):
        if text and len(text) != _KEY_LENGTH:
            yield value, f"the access key has {len(text)} characters"


def _key_literals(file: PythonFile) -> Iterator[tuple[ast.expr, str]]:
    for call in file.calls():
        value = argument(call, "access_key")
        text = literal_text(value)
        if value is not None and text is not None:
            yield value, text


def _open_to_all(file: PythonFile) -> _Hits:
    """A bot that says it wants no key, in a file that has none for it."""
    keyed = any(argument(call, "access_key") is not None for call in file.calls())
    if keyed or any(c.value == DEFAULT_ACCESS_KEY_VARIABLE for c in file.all(ast.Constant)):
        return
    for call in file.calls():
        value = argument(call, "allow_without_key")
        if isinstance(value, ast.Constant) and value.value is True:
            yield value, f"{dotted(call.func)}() takes requests without a key"


def _api_key(file: PythonFile) -> _Hits:
    """A user's key where the bot's own belongs, straight or by a name of the module."""
    for call in file.calls():
        key = argument(call, "access_key")
        value = file.value(key)
        if key is not None and value is not None:
            constants = walk(value, ast.Constant)
            if any(constant.value == API_KEY_VARIABLE for constant in constants):
                yield key, f"access_key= is read from {API_KEY_VARIABLE}"


def _pushes_settings(file: PythonFile) -> _Hits:
    for call in pushing_calls(file):
        yield call, f"{dotted(call.func)}() of a bot with a bot_name and an access key"


def _exits(file: PythonFile) -> _Hits:
    for statement in file.tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = dotted(statement.value.func)
            if name in ("sys.exit", "exit", "quit", "os._exit", "fp.run", "fastapi_poe.run"):
                yield statement, f"{name}() at the top of the file"


def _modal_names(file: PythonFile) -> _Hits:
    for node in file.all(ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "modal" and node.attr in _GONE:
            yield node, f"modal.{node.attr}"
    for statement in file.all(ast.ImportFrom):
        for alias in statement.names:
            if statement.module == "modal" and alias.name in _GONE:
                yield statement, f"from modal import {alias.name}"


_TRAPS: dict[str, Callable[[PythonFile], _Hits]] = {
    "init-without-super": _without_super,
    "get-response-not-a-generator": _no_generator,
    "yield-not-a-response": _yields_text,
    "file-data-is-text": _file_text,
    "blocking-call": _blocks,
    "cancel-swallowed": _swallows_cancel,
    "access-key-in-source": _key_in_source,
    "access-key-length": _key_length,
    "access-key-missing": _open_to_all,
    "api-key-as-access-key": _api_key,
    "settings-pushed-at-import": _pushes_settings,
    "exit-at-import": _exits,
    "modal-name-gone": _modal_names,
}
