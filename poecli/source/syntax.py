"""Reading a Python file's tree: names, calls and their arguments, a bot's classes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

_Node = TypeVar("_Node", bound=ast.AST)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def walk(tree: ast.AST, kind: type[_Node]) -> Iterator[_Node]:
    """All nodes of a kind."""
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def own(function: ast.AST, kinds: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
    """Nodes of a function that are not of a function inside it."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, kinds):
            yield child
        if not isinstance(child, (*FUNCTION, ast.Lambda, ast.ClassDef)):
            yield from own(child, kinds)


def dotted(node: ast.expr) -> str:
    """The name of what is called: "time.sleep"; "()" stands for a call in it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "()"


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument; None when it is not there."""
    return next((word.value for word in call.keywords if word.arg == name), None)


def bot_classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """The classes that say fp.PoeBot is their base."""
    for cls in walk(tree, ast.ClassDef):
        if any(dotted(base).split(".")[-1] == "PoeBot" for base in cls.bases):
            yield cls


def get_responses(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The get_response of each bot class."""
    for cls in bot_classes(tree):
        for item in cls.body:
            if isinstance(item, FUNCTION) and item.name == "get_response":
                yield item


def only_values(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that are bound once in the whole file, with what they are bound to."""
    values: dict[str, ast.expr] = {}
    for statement in walk(tree, ast.stmt):
        targets, value = _assigned(statement)
        if value is not None:
            values |= {name.id: value for name in targets if isinstance(name, ast.Name)}
    bound = Counter(_bound(node) for node in ast.walk(tree))
    return {name: value for name, value in values.items() if bound[name] == 1}


def constants(tree: ast.Module) -> dict[str, object]:
    """Names that are bound once in the whole file, to a text, a number or None."""
    values = only_values(tree).items()
    return {name: value.value for name, value in values if isinstance(value, ast.Constant)}


def constant_texts(tree: ast.Module) -> dict[str, str]:
    """Names that are bound once in the whole file, to a text."""
    return {name: text for name, text in constants(tree).items() if isinstance(text, str)}


def _assigned(statement: ast.stmt) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(statement, ast.Assign):
        return statement.targets, statement.value
    if isinstance(statement, ast.AnnAssign):
        return [statement.target], statement.value
    return [], None


def _bound(node: ast.AST) -> str:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return node.id
    return node.arg if isinstance(node, ast.arg) else ""
