"""How Modal serves a bot, by the decorators in a Python file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poecli.conformance.results import Finding
from poecli.protocol import limits
from poecli.source.python_file import FUNCTION, PythonFile, argument, decorators, last_name

TIMEOUT, ONE, LOGIN = "host-timeout-short", "host-one-at-a-time", "host-proxy-auth"
_SECONDS = limits.ANSWER_SECONDS.value
_DEFAULT_SECONDS = 300  # https://modal.com/docs/guide/timeouts
_WEB = {"asgi_app", "fastapi_endpoint", "web_endpoint", "web_server", "wsgi_app"}
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def look_at_modal(file: PythonFile) -> list[Finding] | None:
    """The faults of each function and class that serves a bot; None where Modal serves nothing."""
    served = list(_served(file)) if "modal" in file.packages else []
    if not served:
        return None
    found = [
        Finding(rule, detail, place=f"{file.name}:{call.lineno}")
        for item, call in served
        for rule, detail in (*_time(file, call), *_concurrency(item, call), *_login(item, call))
    ]
    return list(dict.fromkeys(found))


def _served(file: PythonFile) -> Iterator[tuple[_Definition, ast.Call]]:
    """What answers over the web, with the call of @app.function, @app.cls or @app.server."""
    for item in (*file.functions, *file.all(ast.ClassDef)):
        for call in item.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                name = call.func.attr
                if name == "server" or (name in {"function", "cls"} and _web_calls(item)):
                    yield item, call


def _web_calls(item: _Definition) -> list[ast.expr]:
    """The decorators that make it answer over the web, its own or its methods'."""
    methods = [each for each in getattr(item, "body", ()) if isinstance(each, FUNCTION)]
    inside = methods if isinstance(item, ast.ClassDef) else []
    return [
        each
        for owner in (item, *inside)
        for each in owner.decorator_list
        if last_name(each.func if isinstance(each, ast.Call) else each) in _WEB
    ]


def _time(file: PythonFile, call: ast.Call) -> Iterator[tuple[str, str]]:
    if last_name(call.func) == "server" or _has_unknown_arguments(call):
        return
    given = argument(call, "timeout")
    seconds = _number(file.value(given)) if given is not None else _DEFAULT_SECONDS
    if seconds is not None and seconds < _SECONDS:
        default = "" if given is not None else ", its default"
        yield TIMEOUT, f"Modal ends an answer after {seconds:g} s{default}"


def _concurrency(item: _Definition, call: ast.Call) -> Iterator[tuple[str, str]]:
    if last_name(call.func) == "server" or _has_unknown_arguments(call):
        return
    if "concurrent" not in decorators(item) and argument(call, "allow_concurrent_inputs") is None:
        yield ONE, "each container of Modal answers one user at a time"


def _login(item: _Definition, call: ast.Call) -> Iterator[tuple[str, str]]:
    if last_name(call.func) == "server":
        if not _is_true(argument(call, "unauthenticated")) and not _has_unknown_arguments(call):
            yield LOGIN, "@app.server wants Modal's own token with each request"
        return
    for web in _web_calls(item):
        if isinstance(web, ast.Call) and _is_true(argument(web, "requires_proxy_auth")):
            yield LOGIN, "requires_proxy_auth=True wants Modal's own token with each request"


def _has_unknown_arguments(call: ast.Call) -> bool:
    return any(word.arg is None for word in call.keywords)


def _number(node: ast.expr | None) -> float | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _number(node.left), _number(node.right)
        return None if left is None or right is None else left * right
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    return None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
