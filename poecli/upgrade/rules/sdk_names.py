"""Names that fastapi_poe has changed, and where they are now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import libcst as cst
from libcst.helpers import get_full_name_for_node

from poecli.upgrade.codemod import Codemod, argument
from poecli.upgrade.rules.renamed import RenamedNames

MAKERS = ("fastapi_poe.make_app", "fastapi_poe.base.make_app")
STARTERS = (*MAKERS, "fastapi_poe.run", "fastapi_poe.base.run")


class HandlerIsBot(RenamedNames):
    """PoeHandler was PoeBot's name until 0.0.10."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "fastapi_poe.PoeHandler": "PoeBot",
        "fastapi_poe.base.PoeHandler": "PoeBot",
    }

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``run(handler=…)``, whose parameter is ``bot``."""
        handler = argument(updated_node, "handler")
        if handler is None or not self.is_one_of(original_node.func, ("fastapi_poe.run",)):
            return updated_node
        self.edited(original_node)
        return updated_node.with_deep_changes(handler, keyword=cst.Name("bot"))


class ClientNames(Codemod):
    """MetaMessage and BotMessage are names inside fastapi_poe.client; the types are public."""

    _PUBLIC: ClassVar[Mapping[str, str]] = {
        "MetaMessage": "MetaResponse",
        "BotMessage": "PartialResponse",
    }

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        """``from fastapi_poe.client import MetaMessage``."""
        names = original_node.names
        if isinstance(names, cst.ImportStar) or original_node.module is None:
            return updated_node
        if get_full_name_for_node(original_node.module) != "fastapi_poe.client":
            return updated_node
        kept = [alias for alias in names if not self._is_moved(alias)]
        if len(kept) == len(names):
            return updated_node
        self.edited(original_node)
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=names[-1].comma)
        return updated_node.with_changes(names=kept)

    def _is_moved(self, alias: cst.ImportAlias) -> bool:
        return alias.asname is None and alias.evaluated_name in self._PUBLIC

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """``MetaMessage`` -> ``fp.MetaResponse``."""
        public = self._PUBLIC.get(original_node.value)
        if public is None or not self.is_reference(original_node):
            return updated_node
        if not self.is_one_of(original_node, (f"fastapi_poe.client.{original_node.value}",)):
            return updated_node
        self.edited(original_node)
        return self.reference("fastapi_poe", public)
