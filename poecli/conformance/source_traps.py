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
from poecli.source.syntax import (
    FUNCTION,
    bot_classes,
    dotted,
    get_responses,
    keyword,
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


def look_at_source(text: str, file: str) -> Run:
    """What the source of one file shows. ``file`` is how findings name it."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        reason = f"{file} is not valid in this version of Python"
        return Run((), frozenset(), dict.fromkeys(_LOOKS, reason))
    findings = [
        Finding(rule, detail, place=f"{file}:{node.lineno}")
        for rule, look in _LOOKS.items()
        for node, detail in look(tree)
    ]
    return Run(tuple(findings), frozenset(_LOOKS))


_Seen = Iterator[tuple[ast.expr | ast.stmt, str]]


def _without_super(tree: ast.Module) -> _Seen:
    for cls in bot_classes(tree):
        for item in cls.body:
            if isinstance(item, FUNCTION) and item.name == "__init__":
                called = [dotted(c.func) for c in walk(item, ast.Call)]
                if not any(name.endswith(".__init__") for name in called):
                    yield item, f"{cls.name}.__init__ does not call super().__init__()"


def _no_generator(tree: ast.Module) -> _Seen:
    for function in get_responses(tree):
        yields = any(True for _ in own(function, (ast.Yield, ast.YieldFrom)))
        # A plain function may still return an async generator that another one made.
        if isinstance(function, ast.AsyncFunctionDef) is not yields:
            yield function, "get_response is not an async generator"


def _yields_text(tree: ast.Module) -> _Seen:
    for function in get_responses(tree):
        for node in own(function, ast.Yield):
            if isinstance(node, ast.Yield) and _is_text_or_dict(node.value):
                yield node, "a text or a dict is yielded, no fp.PartialResponse"


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


def _file_text(tree: ast.Module) -> _Seen:
    for call in walk(tree, ast.Call):
        value = keyword(call, "file_data")
        text = isinstance(value, ast.JoinedStr) or (
            isinstance(value, ast.Constant) and isinstance(value.value, str)
        )
        if value is not None and text:
            yield value, "file_data is a text"


def _blocks(tree: ast.Module) -> _Seen:
    for function in walk(tree, ast.AsyncFunctionDef):
        for call in own(function, ast.Call):
            if isinstance(call, ast.Call):
                name = dotted(call.func)
                module, _, attribute = name.rpartition(".")
                if (module, attribute) in _BLOCKING:
                    yield call, f"{name}() in an async function"


def _swallows_cancel(tree: ast.Module) -> _Seen:
    for function in walk(tree, ast.AsyncFunctionDef):
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


def _key_in_source(tree: ast.Module) -> _Seen:
    for value, text in _key_literals(tree):
        if len(text) == _KEY_LENGTH and not set(text) <= {text[0]}:
            yield value, "an access key stands here"


def _key_length(tree: ast.Module) -> _Seen:
    for value, text in _key_literals(tree):
        if text and len(text) != _KEY_LENGTH:
            yield value, f"the access key has {len(text)} characters"


def _key_literals(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for call in walk(tree, ast.Call):
        value = keyword(call, "access_key")
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value, value.value


def _open_to_all(tree: ast.Module) -> _Seen:
    """A bot that says it wants no key, in a file that has none for it."""
    keyed = any(keyword(call, "access_key") is not None for call in walk(tree, ast.Call))
    if keyed or any(c.value == DEFAULT_ACCESS_KEY_VARIABLE for c in walk(tree, ast.Constant)):
        return
    for call in walk(tree, ast.Call):
        value = keyword(call, "allow_without_key")
        if isinstance(value, ast.Constant) and value.value is True:
            yield value, f"{dotted(call.func)}() takes requests without a key"


def _api_key(tree: ast.Module) -> _Seen:
    """A user's key where the bot's own belongs, straight or by a name of the module."""
    values = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in walk(tree, ast.Call):
        key = keyword(call, "access_key")
        value = values.get(key.id) if isinstance(key, ast.Name) else key
        if key is not None and value is not None:
            constants = walk(value, ast.Constant)
            if any(constant.value == API_KEY_VARIABLE for constant in constants):
                yield key, f"access_key= is read from {API_KEY_VARIABLE}"


def _pushes_settings(tree: ast.Module) -> _Seen:
    for call in pushing_calls(tree):
        yield call, f"{dotted(call.func)}() of a bot with a bot_name and an access key"


def _exits(tree: ast.Module) -> _Seen:
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = dotted(statement.value.func)
            if name in ("sys.exit", "exit", "quit", "os._exit", "fp.run", "fastapi_poe.run"):
                yield statement, f"{name}() at the top of the file"


def _modal_names(tree: ast.Module) -> _Seen:
    for node in walk(tree, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "modal" and node.attr in _GONE:
            yield node, f"modal.{node.attr}"
    for statement in walk(tree, ast.ImportFrom):
        for alias in statement.names:
            if statement.module == "modal" and alias.name in _GONE:
                yield statement, f"from modal import {alias.name}"


_LOOKS: dict[str, Callable[[ast.Module], _Seen]] = {
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
