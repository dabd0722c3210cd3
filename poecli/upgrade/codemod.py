"""What every codemod shares: names by what they were imported as, lines, imports, a record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import cast

import libcst as cst
from libcst import matchers, metadata
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import RemoveImportsVisitor
from libcst.helpers import get_full_name_for_node

from poecli.upgrade.imports import with_import
from poecli.upgrade.outcome import Edit, Note


class Codemod(cst.CSTTransformer):
    """One rule at work on one file. Each change is recorded by `edited`."""

    METADATA_DEPENDENCIES = (
        metadata.ParentNodeProvider,
        metadata.PositionProvider,
        metadata.QualifiedNameProvider,
        metadata.ScopeProvider,
    )

    def __init__(self, rule: str) -> None:
        super().__init__()
        self._rule = rule
        self.top: metadata.Scope  # the file's own names, and where each is used
        self._libraries: set[str] = set()
        self._wanted: list[tuple[str, str | None]] = []
        self._unwanted: list[tuple[str, str]] = []
        self.edits: list[Edit] = []
        self.notes: list[Note] = []
        self.secrets: set[str] = set()

    def visit_Module(self, node: cst.Module) -> None:
        """Look at the file before it is changed."""
        self.top = cast("metadata.Scope", self.get_metadata(metadata.ScopeProvider, node))
        self._libraries = {name.split(".")[0] for name in _imports(node)}
        self.examine(node)

    def examine(self, module: cst.Module) -> None:
        """What a rule has to know of the whole file before it changes anything."""

    # --- what stands in the file ---

    def names(self, node: cst.CSTNode) -> set[str]:
        """What a name stands for, by its imports: {"modal.Stub"} for ``m.Stub``."""
        found: Collection[metadata.QualifiedName] = self.get_metadata(
            metadata.QualifiedNameProvider, node, frozenset()
        )
        return {name.name for name in found}

    def is_one_of(self, node: cst.CSTNode, names: Collection[str]) -> bool:
        """Whether a name stands for one of these."""
        return not self.names(node).isdisjoint(names)

    def line(self, node: cst.CSTNode) -> int:
        """Where a node begins."""
        place: metadata.CodeRange = self.get_metadata(metadata.PositionProvider, node)
        return place.start.line

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node around this one."""
        found: cst.CSTNode = self.get_metadata(metadata.ParentNodeProvider, node)
        return found

    def is_reference(self, node: cst.Name) -> bool:
        """Whether a name is a variable: not an attribute, a keyword, or part of an import."""
        around = self.parent(node)
        if isinstance(around, cst.Attribute):
            return around.value is node
        if isinstance(around, cst.Arg):
            return around.value is node
        return not isinstance(around, (cst.ImportAlias, cst.AsName, cst.ImportFrom))

    # --- what was done ---

    def edited(self, node: cst.CSTNode, then: str = "") -> None:
        """Record a change of what stood at a node of the original."""
        self.edits.append(Edit(self._rule, self.line(node), then))

    def note(self, node: cst.CSTNode, what: str) -> None:
        """Record what is left to the author."""
        self.notes.append(Note(self._rule, self.line(node), what))

    def uses(self, library: str) -> bool:
        """Whether the file imports a library."""
        return library in self._libraries

    def reference(self, module: str, name: str) -> cst.BaseExpression:
        """How the file says ``module.name``; what that needs is imported."""
        if local := self._local(f"{module}.{name}"):
            return cst.Name(local)
        if local := self._local(module):
            return cst.Attribute(cst.Name(local), cst.Name(name))
        if name in self.top.assignments:
            self.want_import(module)
            return cst.Attribute(cst.Name(module), cst.Name(name))
        self.want_import(module, name)
        return cst.Name(name)

    def _local(self, imported: str) -> str:
        """What something is called here that was imported at the top level; "" for nothing."""
        for each in self.top.assignments:
            names = {name.name for name in self.top.get_qualified_names_for(each.name)}
            if names == {imported} and "." not in each.name and _is_import(each):
                return each.name
        return ""

    def want_import(self, module: str, name: str | None = None) -> None:
        """Have ``import module`` or ``from module import name`` in the file."""
        self._wanted.append((module, name))

    def drop_import(self, module: str, name: str) -> None:
        """Leave out ``from module import name`` where nothing uses it any more."""
        self._unwanted.append((module, name))

    def with_imports(self, module: cst.Module) -> cst.Module:
        """The changed file with the imports that it needs now."""
        for wanted, name in self._wanted:
            module = with_import(module, wanted, name)
        if not self._unwanted:
            return module
        context = CodemodContext()
        for unwanted, name in self._unwanted:
            RemoveImportsVisitor.remove_unused_import(context, unwanted, name)
        return RemoveImportsVisitor(context).transform_module(module)


def _imports(module: cst.Module) -> Iterator[str]:
    """The modules that a file imports, wherever it does."""
    for found in matchers.findall(module, matchers.Import() | matchers.ImportFrom()):
        if isinstance(found, cst.Import):
            yield from (alias.evaluated_name for alias in found.names)
        elif isinstance(found, cst.ImportFrom) and not found.relative and found.module:
            yield get_full_name_for_node(found.module) or ""


def _is_import(assignment: metadata.BaseAssignment) -> bool:
    return isinstance(assignment, metadata.Assignment) and isinstance(
        assignment.node, (cst.Import, cst.ImportFrom)
    )


def argument(call: cst.Call, name: str, position: int | None = None) -> cst.Arg | None:
    """What a call gives for a parameter, by its name or place; None when it is not there."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == name:
            return arg
    if position is None or position >= len(call.args):
        return None
    before = call.args[: position + 1]
    placed = all(arg.keyword is None and not arg.star for arg in before)
    return before[-1] if placed else None


def with_args(call: cst.Call, args: Sequence[cst.Arg]) -> cst.Call:
    """A call with some of its arguments; the last of them ends as the last one did."""
    if not args:
        return call.with_changes(args=[], whitespace_before_args=cst.SimpleWhitespace(""))
    last = call.args[-1]
    end = args[-1].with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return call.with_changes(args=[*args[:-1], end])


def text_of(node: cst.BaseExpression | None) -> str | None:
    """The text that stands in the source; None for anything else."""
    if not isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return None
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def shown(node: cst.CSTNode) -> str:
    """The source of a node."""
    return cst.Module([]).code_for_node(node)
