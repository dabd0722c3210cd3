"""A Python file of the author's, parsed once: its bot classes, calls, imports, and what names mean.

Nothing is run, so what the code works out while it runs stays unknown: a name counts for its value
only where the whole file binds it once.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

_Node = TypeVar("_Node", bound=ast.AST)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


class PythonFile:
    """``error`` is set where the code is not valid in this version of Python; it is empty then.

    Bytes are read in the encoding that they name. ``name`` is how errors and findings call it.
    """

    def __init__(self, code: str | bytes, name: str = "<string>") -> None:
        self.name = name
        self.error: SyntaxError | None = None
        self.tree = ast.Module([], [])
        try:
            self.tree = ast.parse(code, name)
        except SyntaxError as error:
            self.error = error
        except (ValueError, RecursionError, MemoryError) as error:  # zero bytes; nested too deeply
            self.error = SyntaxError(str(error))
        self._nodes = list(ast.walk(self.tree))

    @classmethod
    def read(cls, file: Path) -> PythonFile:
        """The file as it stands on disk. Raises OSError."""
        return cls(file.read_bytes(), str(file))

    def all(self, kind: type[_Node]) -> Iterator[_Node]:
        """All nodes of a kind, those at the top level first."""
        return (node for node in self._nodes if isinstance(node, kind))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """The calls of functions by the last part of their name, or all calls."""
        return (c for c in self.all(ast.Call) if not names or last_name(c.func) in names)

    def imports(self) -> Iterator[tuple[str, int]]:
        """Dotted names that may be modules, with the number of leading dots."""
        for node in self.all(ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        for each in self.all(ast.ImportFrom):
            yield each.module or "", each.level
            for alias in each.names:
                yield ".".join(filter(None, (each.module, alias.name))), each.level

    @cached_property
    def packages(self) -> frozenset[str]:
        """The first names of what it imports, except by leading dots."""
        return frozenset(name.split(".")[0] for name, level in self.imports() if not level)

    @cached_property
    def bot_classes(self) -> dict[str, ast.ClassDef]:
        """Subclasses of PoeBot and theirs, in whatever order they stand, by name.

        A base counts by the last part of its name, so that fp.PoeBot and the author's own
        BasePoeBot from elsewhere are bots.
        """
        names = {
            alias.asname
            for node in self.all(ast.ImportFrom)
            for alias in node.names
            if alias.name == "PoeBot" and alias.asname
        }
        classes = list(self.all(ast.ClassDef))
        before = -1
        while before < len(names):
            before = len(names)
            names |= {c.name for c in classes if any(_is_bot(base, names) for base in c.bases)}
        return {c.name: c for c in classes if c.name in names}

    @cached_property
    def values(self) -> dict[str, ast.expr]:
        """Names that are bound once in the whole file, with what they are bound to."""
        values: dict[str, ast.expr] = {}
        for statement in self.all(ast.stmt):
            targets, value = _assigned(statement)
            if value is not None:
                values |= {name.id: value for name in targets if isinstance(name, ast.Name)}
        bound = Counter(map(_bound, self._nodes))
        return {name: value for name, value in values.items() if bound[name] == 1}

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Functions and methods, those at the top level first."""
        return [node for node in self._nodes if isinstance(node, FUNCTION)]

    @property
    def top_values(self) -> dict[str, ast.expr]:
        """Names at the top of the file, with what each is bound to in the end."""
        values: dict[str, ast.expr] = {}
        for statement in self.tree.body:
            targets, value = _assigned(statement)
            if value is not None:
                values |= {name.id: value for name in targets if isinstance(name, ast.Name)}
        return values

    def value(self, node: ast.expr | None) -> ast.expr | None:
        """What a name stands for; any other expression is itself. None when that is unknown."""
        return self.values.get(node.id) if isinstance(node, ast.Name) else node

    def text(self, node: ast.expr | None) -> str | None:
        """The text that an expression is, or that its name stands for; None for anything else."""
        return literal_text(self.value(node))


def walk(tree: ast.AST, kind: type[_Node]) -> Iterator[_Node]:
    """All nodes of a kind in a part of a file."""
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


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name: "sleep" of "time.sleep"; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def decorators(
    item: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> set[str]:
    """The last names of a definition's decorators, with or without brackets."""
    return {
        last_name(each.func if isinstance(each, ast.Call) else each) for each in item.decorator_list
    }


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """What a call gives for a parameter, by its name or place; None when it is not there."""
    for word in call.keywords:
        if word.arg == name:
            return word.value
    if position is None or position >= len(call.args):
        return None
    starred = any(isinstance(value, ast.Starred) for value in call.args[: position + 1])
    return None if starred else call.args[position]


def literal_text(node: ast.expr | None) -> str | None:
    """The text that stands in the source; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def variable_read(node: ast.expr | None) -> str | None:
    """The variable of os.environ["X"], os.environ.get("X") or os.getenv("X") in an expression."""
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Subscript) and last_name(part.value) == "environ":
            name: ast.expr | None = part.slice
        elif isinstance(part, ast.Call) and last_name(part.func) in ("get", "getenv"):
            name = part.args[0] if part.args else None
        else:
            continue
        variable = literal_text(name)
        if variable and variable.isidentifier():
            return variable
    return None


def _is_bot(base: ast.expr, known: set[str]) -> bool:
    name = last_name(base.value if isinstance(base, ast.Subscript) else base)
    return name in known or name.endswith("PoeBot")


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
