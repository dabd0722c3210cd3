"""Names of a library that are called otherwise now, in imports and wherever they are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import libcst as cst
from libcst.helpers import get_full_name_for_node

from poecli.upgrade.codemod import Codemod, has


class RenamedNames(Codemod):
    """``RENAMED`` is the old dotted name -> the last part of the new one, in the same module."""

    RENAMED: ClassVar[Mapping[str, str]] = {}

    def _is_taken(self, new: str, meaning: str) -> bool:
        """Whether a new name means something else in this file."""
        names = {each.name for each in self.top.get_qualified_names_for(new)}
        return new in self.top.assignments and names != {meaning}

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        """``from modal import Stub`` -> App, once; its own other name where App is taken."""
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        module = get_full_name_for_node(original_node.module) if original_node.module else None
        names: list[cst.ImportAlias] = []
        for alias in updated_node.names:
            new = self.RENAMED.get(f"{module}.{alias.evaluated_name}")
            if new is None:
                names.append(alias)
                continue
            self.edited(original_node)
            if any(other.evaluated_name == new for other in updated_node.names):
                continue
            asname = self._asname(alias, new, f"{module}.{new}")
            names.append(alias.with_changes(name=cst.Name(new), asname=asname))
        return updated_node.with_changes(names=_as_laid_out(names, updated_node.names))

    def _asname(self, alias: cst.ImportAlias, new: str, meaning: str) -> cst.AsName | None:
        """The name of an import in this file, where it is another than the new one."""
        if alias.asname is not None:
            return None if alias.evaluated_alias == new else alias.asname
        if not self._is_taken(new, meaning):
            return None
        space = cst.SimpleWhitespace(" ")
        return cst.AsName(cst.Name(alias.evaluated_name), space, space)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """``Stub(…)`` after an import of it by its own name."""
        if not self.is_reference(original_node):
            return updated_node
        for name in self.names(original_node) & self.RENAMED.keys():
            new = self.RENAMED[name]
            module, _, last = name.rpartition(".")
            if last == original_node.value and not self._is_taken(new, f"{module}.{new}"):
                self.edited(original_node)
                return updated_node.with_changes(value=new)
        return updated_node

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        """``modal.Stub(…)``."""
        for name in self.names(original_node) & self.RENAMED.keys():
            if name.endswith(f".{original_node.attr.value}"):
                new = self.RENAMED[name]
                self.edited(original_node)
                return updated_node.with_changes(attr=cst.Name(new))
        return updated_node


def _as_laid_out(
    names: Sequence[cst.ImportAlias], before: Sequence[cst.ImportAlias]
) -> list[cst.ImportAlias]:
    """The names in order, if they were so before, with the same space between them."""
    old = [alias.evaluated_name for alias in before]
    commented = any(has(alias, cst.Comment) for alias in before)
    if old == sorted(old) and not commented:
        names = sorted(names, key=lambda alias: alias.evaluated_name)
    commas = [alias.comma for alias in before]
    commas = [*commas[: len(names) - 1], commas[-1]]
    return [alias.with_changes(comma=comma) for alias, comma in zip(names, commas, strict=True)]
