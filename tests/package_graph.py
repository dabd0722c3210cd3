"""A Python package as its files tell it: modules, and which imports which. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Import = ast.Import | ast.ImportFrom
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of a package."""

    name: str  # in full, a package's `__init__` by the package's name: poecli.chats.session
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def part(self) -> str:
        """The name below the package: `chat` of poecli.chats.session; `__init__` of poecli."""
        return (*self.name.split("."), "__init__")[1]

    @cached_property
    def imported(self) -> frozenset[str]:
        """Every name after `import`, wherever it stands: in functions, under TYPE_CHECKING."""
        return frozenset(name for node in _imports(self.tree) for name in _names(node))

    @property
    def libraries(self) -> set[str]:
        """The first names of what it imports."""
        return {name.partition(".")[0] for name in self.imported}

    @cached_property
    def functions(self) -> list[Function]:
        return [n for n in ast.walk(self.tree) if isinstance(n, Function)]

    def inner_imports(self) -> list[int]:
        """Lines of imports inside functions, but for those that say why on their line."""
        lines = self.text.splitlines()
        found = {node.lineno for function in self.functions for node in _imports(function)}
        return sorted(line for line in found if "noqa: PLC0415 - " not in lines[line - 1])


def _imports(tree: ast.AST) -> Iterator[Import]:
    return (node for node in ast.walk(tree) if isinstance(node, Import))


def _names(node: Import) -> Iterator[str]:
    # `from . import x` is not followed: ruff's TID252 forbids it.
    start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return (f"{start}{alias.name}" for alias in node.names)


class Package:
    """The modules of a package by name, and the edges between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules = {module.name: module for module in _read(folder)}

    @cached_property
    def edges(self) -> dict[str, set[str]]:
        """Module -> the modules of the package that it imports."""
        return {
            name: {self._module_of(target) for target in module.imported if self._owns(target)}
            for name, module in self.modules.items()
        }

    def _owns(self, name: str) -> bool:
        return name.partition(".")[0] == self.folder.name

    def _module_of(self, name: str) -> str:
        """`poecli.errors` of poecli.errors.NoSuchBot."""
        while name not in self.modules:
            name = name.rpartition(".")[0]
        return name

    def parts(self) -> dict[str, set[str]]:
        """Part -> the other parts that it imports."""
        found: dict[str, set[str]] = {module.part: set() for module in self.modules.values()}
        for name, targets in self.edges.items():
            part = self.modules[name].part
            found[part] |= {self.modules[target].part for target in targets} - {part}
        return found

    def widths(self) -> dict[str, int]:
        """Folder -> how many modules stand in it, its `__init__` not counted."""
        found: dict[str, int] = {}
        for module in self.modules.values():
            folder = module.path.parent.relative_to(self.folder).as_posix()
            found[folder] = found.get(folder, 0) + (module.path.name != "__init__.py")
        return found


def _read(folder: Path) -> Iterator[Module]:
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder.parent).with_suffix("").parts
        name = ".".join(inside[:-1] if inside[-1] == "__init__" else inside)
        yield Module(name, path, path.read_text(encoding="utf-8"))


def cycles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups in which each reaches each other, by Tarjan's algorithm; empty without a cycle."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        numbers[node] = lowest[node] = len(numbers)
        stack.append(node)
        for target in sorted(edges[node]):
            if target not in numbers:
                visit(target)
            if target in stack:
                lowest[node] = min(lowest[node], lowest[target])
        if lowest[node] == numbers[node]:
            start = stack.index(node)
            group = sorted(stack[start:])
            del stack[start:]
            if len(group) > 1:
                found.append(group)

    for node in sorted(edges):
        if node not in numbers:
            visit(node)
    return found
