"""Traps in a Python bot that its source shows: each with file and line.

Only what can be told for sure from the text is told; nothing is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeVar

from poecli.config.credentials import API_KEY_VARIABLE
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.conformance.results import Finding, Run
from poecli.protocol import limits

_KEY_LENGTH = limits.ACCESS_KEY_CHARACTERS.value
_GONE = ("Stub", "Mount")
_BLOCKING = {
    ("time", "sleep"),
    *(("requests", verb) for verb in ("get", "post", "put", "delete", "request")),
    ("urllib.request", "urlopen"),
    ("subprocess", "run"),
    ("subprocess", "check_output"),
}
_Node = TypeVar("_Node", bound=ast.AST)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


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
    for cls in _bot_classes(tree):
        for item in cls.body:
            if isinstance(item, _Function) and item.name == "__init__":
                called = [_dotted(c.func) for c in _walk(item, ast.Call)]
                if not any(name.endswith(".__init__") for name in called):
                    yield item, f"{cls.name}.__init__ does not call super().__init__()"


def _no_generator(tree: ast.Module) -> _Seen:
    for function in _get_responses(tree):
        yields = any(True for _ in _own(function, (ast.Yield, ast.YieldFrom)))
        # A plain function may still return an async generator that another one made.
        if isinstance(function, ast.AsyncFunctionDef) is not yields:
            yield function, "get_response is not an async generator"


def _yields_text(tree: ast.Module) -> _Seen:
    for function in _get_responses(tree):
        for node in _own(function, ast.Yield):
            if isinstance(node, ast.Yield) and _is_text_or_dict(node.value):
                yield node, "a text or a dict is yielded, no fp.PartialResponse"


def _is_text_or_dict(value: ast.expr | None) -> bool:
    """True for what can't be anything else, whatever the names in it stand for."""
    if isinstance(value, ast.BinOp):
        return _is_text_or_dict(value.left) or _is_text_or_dict(value.right)
    if isinstance(value, ast.Call):
        return _dotted(value.func) in ("str", "repr", "json.dumps", "dict")
    if isinstance(value, ast.Attribute):
        return _is_last_message(value.value) and value.attr == "content"
    return isinstance(value, (ast.JoinedStr, ast.Dict, ast.Constant))


def _is_last_message(value: ast.expr) -> bool:
    """``request.query[-1]``, by the names that fastapi_poe's documents use."""
    return isinstance(value, ast.Subscript) and _dotted(value.value).endswith(".query")


def _file_text(tree: ast.Module) -> _Seen:
    for call in _walk(tree, ast.Call):
        value = _keyword(call, "file_data")
        text = isinstance(value, ast.JoinedStr) or (
            isinstance(value, ast.Constant) and isinstance(value.value, str)
        )
        if value is not None and text:
            yield value, "file_data is a text"


def _blocks(tree: ast.Module) -> _Seen:
    for function in _walk(tree, ast.AsyncFunctionDef):
        for call in _own(function, ast.Call):
            if isinstance(call, ast.Call):
                name = _dotted(call.func)
                module, _, attribute = name.rpartition(".")
                if (module, attribute) in _BLOCKING:
                    yield call, f"{name}() in an async function"


def _swallows_cancel(tree: ast.Module) -> _Seen:
    for function in _walk(tree, ast.AsyncFunctionDef):
        for node in _own(function, ast.ExceptHandler):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                raises = any(True for _ in _own(node, ast.Raise))
                if not raises:
                    kind = "except BaseException" if node.type else "a bare except"
                    yield node.body[0], f"{kind} without raise"


def _catches_all(node: ast.ExceptHandler) -> bool:
    return node.type is None or _dotted(node.type) in ("BaseException", "asyncio.CancelledError")


def _key_in_source(tree: ast.Module) -> _Seen:
    for value, text in _key_literals(tree):
        if len(text) == _KEY_LENGTH and not set(text) <= {text[0]}:
            yield value, "an access key stands here"


def _key_length(tree: ast.Module) -> _Seen:
    for value, text in _key_literals(tree):
        if text and len(text) != _KEY_LENGTH:
            yield value, f"the access key has {len(text)} characters"


def _key_literals(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for call in _walk(tree, ast.Call):
        value = _keyword(call, "access_key")
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value, value.value


def _open_to_all(tree: ast.Module) -> _Seen:
    """A bot that says it wants no key, in a file that has none for it."""
    keyed = any(_keyword(call, "access_key") is not None for call in _walk(tree, ast.Call))
    if keyed or any(c.value == DEFAULT_ACCESS_KEY_VARIABLE for c in _walk(tree, ast.Constant)):
        return
    for call in _walk(tree, ast.Call):
        value = _keyword(call, "allow_without_key")
        if isinstance(value, ast.Constant) and value.value is True:
            yield value, f"{_dotted(call.func)}() takes requests without a key"


def _api_key(tree: ast.Module) -> _Seen:
    """A user's key where the bot's own belongs, straight or by a name of the module."""
    values = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in _walk(tree, ast.Call):
        key = _keyword(call, "access_key")
        value = values.get(key.id) if isinstance(key, ast.Name) else key
        if key is not None and value is not None:
            constants = _walk(value, ast.Constant)
            if any(constant.value == API_KEY_VARIABLE for constant in constants):
                yield key, f"access_key= is read from {API_KEY_VARIABLE}"


def _pushes_settings(tree: ast.Module) -> _Seen:
    for call in _walk(tree, ast.Call):
        if (
            _dotted(call.func).endswith("make_app")
            and _keyword(call, "bot_name") is not None
            and _keyword(call, "access_key") is not None
        ):
            yield call, "make_app with bot_name and access_key"


def _exits(tree: ast.Module) -> _Seen:
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = _dotted(statement.value.func)
            if name in ("sys.exit", "exit", "quit", "os._exit", "fp.run", "fastapi_poe.run"):
                yield statement, f"{name}() at the top of the file"


def _modal_names(tree: ast.Module) -> _Seen:
    for node in _walk(tree, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "modal" and node.attr in _GONE:
            yield node, f"modal.{node.attr}"
    for statement in _walk(tree, ast.ImportFrom):
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


# --- reading the tree ---------------------------------------------------------------------------


def _walk(tree: ast.AST, kind: type[_Node]) -> Iterator[_Node]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _own(function: ast.AST, kinds: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
    """Nodes of a function that are not of a function inside it."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, kinds):
            yield child
        if not isinstance(child, (*_Function, ast.Lambda, ast.ClassDef)):
            yield from _own(child, kinds)


def _dotted(node: ast.expr) -> str:
    """The name of what is called: "time.sleep"; "()" stands for a call in it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "()"


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == name), None)


def _bot_classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    for cls in _walk(tree, ast.ClassDef):
        if any(_dotted(base).split(".")[-1] == "PoeBot" for base in cls.bases):
            yield cls


def _get_responses(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for cls in _bot_classes(tree):
        for item in cls.body:
            if isinstance(item, _Function) and item.name == "get_response":
                yield item
