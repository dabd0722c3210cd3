"""An import added where its reader looks for it, with no other line touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import libcst as cst
from libcst.helpers import get_full_name_for_node

_Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement


def with_import(module: cst.Module, name: str, part: str | None = None) -> cst.Module:
    """The module with ``import name``, or ``from name import part``; as it is if that is there.

    A part goes into the import of its module, if one stands at the top; a whole line stands where
    the alphabet puts it among the imports of its kind that follow one another.
    """
    wanted = name if part is None else part
    for statement in module.body:
        for each in _imports(statement):
            if isinstance(each, cst.Import) is not (part is None):
                continue
            if isinstance(each, cst.ImportFrom) and _module(each) != name:
                continue
            if isinstance(each.names, cst.ImportStar) or _names(each.names, wanted):
                return module
            if isinstance(each, cst.ImportFrom):
                return cst.ensure_type(
                    module.deep_replace(each, _with_part(each, list(each.names), wanted)),
                    cst.Module,
                )
    return _with_line(module, f"import {name}" if part is None else f"from {name} import {part}")


def _imports(statement: _Statement) -> list[cst.Import | cst.ImportFrom]:
    if not isinstance(statement, cst.SimpleStatementLine):
        return []
    return [each for each in statement.body if isinstance(each, (cst.Import, cst.ImportFrom))]


def _module(statement: cst.ImportFrom) -> str | None:
    if statement.relative or statement.module is None:
        return None
    return get_full_name_for_node(statement.module)


def _names(aliases: Sequence[cst.ImportAlias], name: str) -> bool:
    return any(alias.asname is None and alias.evaluated_name == name for alias in aliases)


def _with_part(
    statement: cst.ImportFrom, names: list[cst.ImportAlias], part: str
) -> cst.ImportFrom:
    """One more name, by the alphabet if the others stand so, else at the end."""
    place = len(names)
    for order in (str, str.lower):
        keys = [order(alias.evaluated_name) for alias in names]
        if keys == sorted(keys):
            place = next((n for n, key in enumerate(keys) if key > order(part)), place)
            break
    comma = cst.Comma(whitespace_after=_space_between(statement))
    new = cst.ImportAlias(cst.Name(part), comma=comma)
    if place == len(names):
        new = new.with_changes(comma=names[-1].comma)
        names[-1] = names[-1].with_changes(comma=comma)
    return statement.with_changes(names=[*names[:place], new, *names[place:]])


def _space_between(statement: cst.ImportFrom) -> cst.BaseParenthesizableWhitespace:
    """A line break, where the names stand on lines of their own."""
    space = statement.lpar.whitespace_after if statement.lpar is not None else None
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    return cst.SimpleWhitespace(" ")


def _with_line(module: cst.Module, line: str) -> cst.Module:
    parsed = cst.parse_statement(line, config=module.config_for_parsing)
    new = cst.ensure_type(parsed, cst.SimpleStatementLine)
    place = _place(module, line)
    if place == len(module.body):
        return _with_body(module, place, new, 0)
    after = module.body[place]
    if _imports(after) and place > 0 and not _sorted_before(module.body[place - 1], line):
        # It begins the block: the space before the block is before it now.
        new = new.with_changes(leading_lines=after.leading_lines)
        module = _with_body(module, place, after.with_changes(leading_lines=()), 1)
    return _with_body(module, place, new, 0)


def _place(module: cst.Module, line: str) -> int:
    """After the imports of its kind that stand before it in the alphabet; before all others."""
    place, end = 0, 0
    for number, statement in enumerate(module.body):
        if not _imports(statement):
            if number == 0 and module.get_docstring() is not None:
                place = end = 1
                continue
            break
        end = number + 1
        if _is_future(statement) or (_sorted_before(statement, line) and place == number):
            place = number + 1
    return min(place, end)


def _is_future(statement: _Statement) -> bool:
    return any(
        isinstance(each, cst.ImportFrom) and _module(each) == "__future__"
        for each in _imports(statement)
    )


def _sorted_before(statement: _Statement, line: str) -> bool:
    """Whether an import stands before the new one, among those of the same kind."""
    text = cst.Module([statement.with_changes(leading_lines=())]).code.strip()
    if text.startswith("from ."):  # those stand last
        return False
    return text.split()[0] == line.split(maxsplit=1)[0] and text.lower() < line.lower()


def _with_body(
    module: cst.Module, place: int, statement: cst.BaseStatement, instead_of: int
) -> cst.Module:
    body = [*module.body[:place], statement, *module.body[place + instead_of :]]
    return module.with_changes(body=body)
