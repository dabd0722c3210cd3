"""Answers that say nothing, which Poe shows as an error."""

from __future__ import annotations

import libcst as cst

from poecli.upgrade.codemod import Codemod, has, keyword, walk

# A match may have no case that fits; the others are code of their own.
_CONDITIONAL = (cst.ClassDef, cst.FunctionDef, cst.Lambda, cst.Match)
# What could pass a return by.
_UNSURE = (cst.Break, cst.Continue, cst.FunctionDef, cst.Lambda, cst.Finally)
_MAY_BE_EMPTY = "an answer may be empty: yield an fp.PartialResponse on every path through it"
_LAST_WORDS = "I found nothing in this message that I can answer."


class SilentAnswer(Codemod):
    """get_response that yields under conditions alone.

    Where whatever it yields is followed by a return, its end is reached by a silent answer only,
    and gets a sentence. Elsewhere which words to say, and where, is the author's.
    """

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """A sentence at the end that only a silent answer reaches."""
        if not self._may_be_silent(original_node):
            return updated_node
        if not self._ends_silent(original_node):
            self.note(original_node, _MAY_BE_EMPTY)
            return updated_node
        self.edited(original_node, f"say in your own words: {_LAST_WORDS!r}")
        response = self.reference("fastapi_poe", "PartialResponse")
        text = keyword("text", cst.SimpleString(f'"{_LAST_WORDS}"'))
        line = cst.SimpleStatementLine([cst.Expr(cst.Yield(cst.Call(response, [text])))])
        body = cst.ensure_type(updated_node.body, cst.IndentedBlock)
        return updated_node.with_changes(body=body.with_changes(body=[*body.body, line]))

    def _may_be_silent(self, function: cst.FunctionDef) -> bool:
        """Whether it answers for a bot, and has a path on which nothing is yielded."""
        return (
            function.name.value.startswith("get_response")
            and self.is_in_a_bot(function)
            and function.asynchronous is not None
            and has(function.body, cst.Yield)
            and not _speaks(function.body)
        )

    def _ends_silent(self, function: cst.FunctionDef) -> bool:
        """Whether nothing was yielded when its end is reached."""
        if not isinstance(function.body, cst.IndentedBlock) or has(function.body, *_UNSURE):
            return False
        return all(self._is_last(each, function.body) for each in walk(function.body, cst.Yield))

    def _is_last(self, node: cst.CSTNode, body: cst.IndentedBlock) -> bool:
        """Whether a return or raise follows a yield, in its own block or in one around it."""
        while node is not body:
            around = self.parent(node)
            if isinstance(around, cst.IndentedBlock):
                after = around.body[list(around.body).index(node) + 1 :]  # type: ignore[arg-type]  # a statement of it
                if any(_leaves(statement) for statement in after):
                    return True
            node = around
        return False


def _leaves(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and has(statement, cst.Return, cst.Raise)


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
