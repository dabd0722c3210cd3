"""PyPDF2 is called pypdf since 2022; its last version is 3.0.1."""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod, walk

# Their methods have other names too: https://pypdf.readthedocs.io/en/stable/user/migration-1-to-2.html
_OLDER = ("PdfFileReader", "PdfFileWriter", "PdfFileMerger")
_OLD, _NEW = "PyPDF2", "pypdf"


class Pypdf(Codemod):
    """The names of PyPDF2 3.0.1 are those of pypdf, but for PdfMerger, which PdfWriter replaces."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._is_older = False

    def examine(self, module: cst.Module) -> None:
        """Whether the code is of PyPDF2 1 or 2."""
        for name in walk(module, cst.Name):
            if name.value in _OLDER and self.uses(_OLD):
                self._is_older = True
                self.note(name, f"{name.value} is gone, and its methods have other names in pypdf")

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """Of the package, and PdfMerger."""
        if self._is_older:
            return updated_node
        if original_node.value == _OLD and self._is_package(original_node):
            self.edited(original_node)
            return updated_node.with_changes(value=_NEW)
        if original_node.value == "PdfMerger" and self.uses(_OLD):
            self.edited(original_node)
            return updated_node.with_changes(value="PdfWriter")
        return updated_node

    def _is_package(self, name: cst.Name) -> bool:
        """In an import, or as what an import of it bound."""
        around: cst.CSTNode = name
        while isinstance(self.parent(around), cst.Attribute):
            around = self.parent(around)
        place = self.parent(around)
        if isinstance(place, (cst.ImportAlias, cst.ImportFrom)):
            return (get_full_name_for_node(around) or "").split(".")[0] == _OLD
        return self.is_reference(name) and _OLD in self.names(name)
