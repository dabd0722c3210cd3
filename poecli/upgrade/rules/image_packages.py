"""The packages of a Modal image, which many bots list in their file."""

from __future__ import annotations

import libcst as cst

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod, text_of, walk
from poecli.upgrade.requirements import OLD_PDF, upgraded_requirement

_INSTALL = {"pip_install", "uv_pip_install"}


class ImagePackages(Codemod):
    """Texts in ``Image.pip_install(…)``, or in a list in a file that calls it."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._installs = False

    def examine(self, module: cst.Module) -> None:
        """Whether the file installs anything."""
        self._installs = any(self._is_install(call) for call in walk(module, cst.Call))

    @staticmethod
    def _is_install(node: cst.CSTNode) -> bool:
        return (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and node.func.attr.value in _INSTALL
        )

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        """``"fastapi-poe==0.0.36"``."""
        around = self.parent(original_node)
        listed = isinstance(around, cst.Element)
        passed = isinstance(around, cst.Arg) and self._is_install(self.parent(around))
        text = text_of(original_node)
        if not self._installs or not text or not (listed or passed):
            return updated_node
        new = upgraded_requirement(text, keeps_pypdf2=self.uses(OLD_PDF))
        if new == text or text not in updated_node.raw_value:
            return updated_node
        self.edited(original_node)
        return updated_node.with_changes(value=updated_node.value.replace(text, new))
