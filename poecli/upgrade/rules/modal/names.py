"""Names that Modal has changed: Stub, web_endpoint, and the variable that it deploys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import libcst as cst
from libcst.metadata import Assignment

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod
from poecli.upgrade.rules.renamed import RenamedNames

APPS = ("modal.App", "modal.Stub")


class StubIsApp(RenamedNames):
    """Stub was the App's name until Modal 0.62."""

    RENAMED: ClassVar[Mapping[str, str]] = {"modal.Stub": "App"}


class WebEndpoint(RenamedNames):
    """A web endpoint is a FastAPI endpoint since Modal 0.73.82."""

    RENAMED: ClassVar[Mapping[str, str]] = {"modal.web_endpoint": "fastapi_endpoint"}


class AppVariable(Codemod):
    """`modal deploy FILE` deploys what the variable ``app`` holds; that was ``stub``."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._places: set[cst.CSTNode] = set()

    def examine(self, module: cst.Module) -> None:  # noqa: ARG002 - the scope tells all
        """Where the variable stands, if ``app`` is free in all those places."""
        bound = [each for each in self.top.assignments["stub"] if isinstance(each, Assignment)]
        if not any(self._makes_an_app(each.node) for each in bound):
            return
        uses = [use for each in bound for use in each.references]
        if "app" in self.top.assignments or any("app" in use.scope for use in uses):
            self.note(bound[0].node, _NOT_RENAMED)
        elif "stub" in self.around.wanted:
            self.note(bound[0].node, _IMPORTED)
        else:
            self._places = {each.node for each in bound} | {use.node for use in uses}

    def _makes_an_app(self, name: cst.CSTNode) -> bool:
        value = self.assigned(name)
        return isinstance(value, cst.Call) and self.is_one_of(value.func, APPS)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """Rename it."""
        if original_node not in self._places:
            return updated_node
        self.edited(original_node)
        return updated_node.with_changes(value="app")


_IMPORTED = (
    "`modal deploy` looks for a variable called app, and another file imports stub from here"
)
_NOT_RENAMED = (
    "`modal deploy` looks for a variable called app, and that name means something else here: "
    "rename both by hand, or deploy FILE::stub"
)
