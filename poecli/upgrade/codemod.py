"""What every codemod shares: names by what they were imported as, lines, imports, a record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar, cast

import libcst as cst
from libcst import metadata
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import RemoveImportsVisitor

from poecli.source.python_file import PythonFile
from poecli.upgrade.imports import with_import
from poecli.upgrade.outcome import Edit, Note
from poecli.upgrade.surroundings import ALONE

_Node = TypeVar("_Node", bound=cst.CSTNode)
_BY_MODULE = ("asyncio", "os")  # modules whose names nobody imports one by one


class Codemod(cst.CSTTransformer):
    """One rule at work on one file, also there as ``source``; `edited` records a change."""

    METADATA_DEPENDENCIES = (
        metadata.ParentNodeProvider,
        metadata.PositionProvider,
        metadata.QualifiedNameProvider,
        metadata.ScopeProvider,
    )

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__()
        self._rule = rule
        self.around = ALONE
        self.top: metadata.Scope  # the file's own names, and where each is used
        self._libraries = source.packages
        self.bot_classes = set(source.bot_classes) if self.uses("fastapi_poe") else set()
        self._wanted: list[tuple[str, str | None]] = []
        self._unwanted: list[tuple[str, str]] = []
        self.edits: list[Edit] = []
        self.notes: list[Note] = []
        self.secrets: set[str] = set()

    def visit_Module(self, node: cst.Module) -> None:
        """Look at the file before it is changed."""
        self.top = cast("metadata.Scope", self.get_metadata(metadata.ScopeProvider, node))
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

    def calls(self, tree: cst.CSTNode, names: Collection[str]) -> Iterator[cst.Call]:
        """The calls of these, in a part of the file."""
        return (call for call in walk(tree, cst.Call) if self.is_one_of(call.func, names))

    def line(self, node: cst.CSTNode) -> int:
        """Where a node begins."""
        place: metadata.CodeRange = self.get_metadata(metadata.PositionProvider, node)
        return place.start.line

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node around this one; the file's own is itself."""
        found: cst.CSTNode = self.get_metadata(metadata.ParentNodeProvider, node, node)
        return found

    def is_reference(self, node: cst.Name) -> bool:
        """Whether a name is a variable: not an attribute, a keyword, or part of an import."""
        around = self.parent(node)
        if isinstance(around, cst.Attribute):
            return around.value is node
        if isinstance(around, cst.Arg):
            return around.value is node
        return not isinstance(around, (cst.ImportAlias, cst.AsName, cst.ImportFrom))

    def value(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """What a name stands for, if it is bound once; any other expression is itself.

        None for a name whose value is unknown.
        """
        if not isinstance(node, cst.Name):
            return node
        bound = list(self.scope_of(node)[node.value])
        if len(bound) != 1 or not isinstance(bound[0], metadata.Assignment):
            return None
        return self.assigned(bound[0].node)

    def assigned(self, target: cst.CSTNode) -> cst.BaseExpression | None:
        """What is assigned to a target where it stands; None for what is no target."""
        around = self.parent(target)
        if isinstance(around, cst.AssignTarget):
            around = self.parent(around)
        return around.value if isinstance(around, (cst.Assign, cst.AnnAssign)) else None

    def scope_of(self, node: cst.CSTNode) -> metadata.Scope:
        """The scope that a node belongs to."""
        return cast("metadata.Scope", self.get_metadata(metadata.ScopeProvider, node))

    def is_request(self, name: cst.Name) -> bool:
        """Whether a name is the request that a method of a bot was given."""
        for bound in self.scope_of(name)[name.value]:
            if not isinstance(bound, metadata.Assignment) or not isinstance(bound.node, cst.Param):
                return False
            function = self.parent(self.parent(bound.node))
            if not isinstance(function, cst.FunctionDef) or not self.is_in_a_bot(function):
                return False
            if not function.name.value.startswith("get_response"):
                return False
        return True

    def is_in_a_bot(self, function: cst.FunctionDef) -> bool:
        """Whether a function is a method of a bot's class."""
        around = self.parent(self.parent(function))
        return isinstance(around, cst.ClassDef) and around.name.value in self.bot_classes

    def is_at_top(self, node: cst.CSTNode) -> bool:
        """Whether a node is in no function, so that importing the file runs it."""
        while not isinstance(node, cst.Module):
            node = self.parent(node)
            if isinstance(node, (cst.FunctionDef, cst.Lambda)):
                return False
        return True

    # --- what was done ---

    def edited(self, node: cst.CSTNode, then: str = "") -> None:
        """Record a change of what stood at a node of the original."""
        self.edits.append(Edit(self._rule, self.line(node), then))

    def note(self, node: cst.CSTNode, what: str) -> None:
        """Record what is left to the author."""
        self.notes.append(Note(self._rule, self.line(node), what))

    def with_changed_args(
        self,
        original: cst.Call,
        updated: cst.Call,
        change: Callable[[cst.Arg, cst.Arg], cst.Arg | None],
    ) -> cst.Call:
        """The call with what ``change`` makes of each argument, of the original and as it is.

        None leaves it out.
        """
        args = []
        for old, arg in zip(original.args, updated.args, strict=True):
            new = change(old, arg)
            if new is not arg:
                self.edited(old)
            if new is not None:
                args.append(new)
        return with_args(updated, args) if args != list(updated.args) else updated

    def uses(self, library: str) -> bool:
        """Whether the file imports a library."""
        return library in self._libraries

    def reference(self, module: str, name: str) -> cst.BaseExpression:
        """How the file says ``module.name``; what that needs is imported."""
        if local := self._local(f"{module}.{name}"):
            return cst.Name(local)
        if local := self._local(module):
            return cst.Attribute(cst.Name(local), cst.Name(name))
        if module in _BY_MODULE or name in self.top.assignments:
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


def walk(tree: cst.CSTNode, kind: type[_Node]) -> Iterator[_Node]:
    """All nodes of a kind in a part of a file; many times faster than `matchers.findall`."""
    rest = [tree]
    while rest:
        node = rest.pop()
        if isinstance(node, kind):
            yield node
        rest += reversed(node.children)


def has(tree: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
    """Whether a part of a file has a node of one of these kinds."""
    return any(True for kind in kinds for _ in walk(tree, kind))


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


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    """The argument ``name=value``."""
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, keyword=cst.Name(name), equal=tight)


def with_arg(call: cst.Call, name: str, value: cst.BaseExpression) -> cst.Call:
    """A call with one more argument by keyword, laid out as the others are."""
    new = keyword(name, value)
    if not call.args:
        return call.with_changes(args=[new])
    last, between = call.args[-1], call.whitespace_before_args
    if not isinstance(between, cst.ParenthesizedWhitespace):  # on one line
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        new = new.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
        return call.with_changes(args=[*call.args[:-1], last.with_changes(comma=comma), new])
    # A comment behind the last argument stays there.
    has_comma = isinstance(last.comma, cst.Comma)
    end = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else None
    end = end or last.whitespace_after_arg
    first_line = end.first_line if isinstance(end, cst.ParenthesizedWhitespace) else None
    between = between.with_changes(
        first_line=first_line or cst.TrailingWhitespace(), empty_lines=()
    )
    if isinstance(end, cst.ParenthesizedWhitespace):
        end = end.with_changes(first_line=cst.TrailingWhitespace())
    new = (
        new.with_changes(comma=cst.Comma(whitespace_after=end))
        if has_comma
        else new.with_changes(whitespace_after_arg=end)
    )
    last = last.with_changes(
        comma=cst.Comma(whitespace_after=between), whitespace_after_arg=cst.SimpleWhitespace("")
    )
    return call.with_changes(args=[*call.args[:-1], last, new])


def text_of(node: cst.CSTNode | None) -> str | None:
    """The text that stands in the source; None for anything else."""
    if not isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return None
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def shown(node: cst.CSTNode) -> str:
    """The source of a node."""
    return cst.Module([]).code_for_node(node)
