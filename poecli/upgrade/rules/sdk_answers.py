"""Answers that say nothing, which Poe shows as an error."""

from __future__ import annotations

import libcst as cst

from poecli.upgrade.codemod import Codemod, has

# A match may have no case that fits; the others are code of their own.
_CONDITIONAL = (cst.ClassDef, cst.FunctionDef, cst.Lambda, cst.Match)


class SilentAnswer(Codemod):
    """get_response that yields under conditions alone; which words to say is the author's."""

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """An async generator of a bot's class."""
        if not node.name.value.startswith("get_response") or not self.is_in_a_bot(node):
            return
        if not node.asynchronous or not has(node.body, cst.Yield):
            return
        if not _speaks(node.body):
            self.note(
                node, "an answer may be empty: yield an fp.PartialResponse on every path through it"
            )


def _speaks(node: cst.CSTNode) -> bool:
    """Whether it yields whatever the conditions are; a loop counts for what is in it.

    One that waits for another bot, or for a condition, is taken to come to a yield.
    """
    if isinstance(node, cst.While) or (isinstance(node, cst.For) and node.asynchronous):
        return has(node, cst.Yield)
    if isinstance(node, cst.If):
        return node.orelse is not None and _speaks(node.body) and _speaks(node.orelse)
    if isinstance(node, cst.Try):
        return _speaks(node.body) and all(_speaks(handler) for handler in node.handlers)
    if isinstance(node, _CONDITIONAL):
        return False
    return isinstance(node, (cst.Raise, cst.Yield)) or any(map(_speaks, node.children))
