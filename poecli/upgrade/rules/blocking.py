"""Calls that block the event loop, so that all other users wait."""

from __future__ import annotations

import libcst as cst
from libcst import matchers
from libcst.metadata import Assignment

from poecli.upgrade.codemod import Codemod, argument, has, shown, text_of, walk

_REQUESTS = tuple(
    f"requests.{verb}"
    for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")
)
_BLOCKING = (
    *_REQUESTS,
    "subprocess.run",
    "subprocess.check_output",
    "subprocess.check_call",
)
_SLEEP = "time.sleep"
_READ_LATER = "urllib.request.urlopen"
_READING = {"r", "rb", "rt"}


class BlockingCalls(Codemod):
    """`asyncio.to_thread` gives the same result; httpx follows no redirects and raises otherwise.

    A function of the author's that blocks is called in a thread too, unless two of its calls could
    meet there: in a file that it writes, or in something of the module.
    """

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """In an ``async def``, and not awaited."""
        if not self._is_in_async(original_node):
            return updated_node
        called = original_node.func
        if self.is_one_of(called, (_SLEEP,)):
            new = updated_node.with_changes(func=self.reference("asyncio", "sleep"))
        elif self.is_one_of(called, (_READ_LATER,)) or (
            self.is_one_of(called, _BLOCKING) and _streams(original_node)
        ):
            self.note(original_node, f"{shown(called)}() blocks all other users: use httpx")
            return updated_node
        elif self.is_one_of(called, _BLOCKING) or self._may_run_in_a_thread(original_node):
            new = self._in_a_thread(updated_node)
        else:
            return updated_node
        self.edited(original_node)
        return self._awaited(original_node, new)

    def _in_a_thread(self, call: cst.Call) -> cst.Call:
        args = [cst.Arg(call.func), *call.args]
        return call.with_changes(func=self.reference("asyncio", "to_thread"), args=args)

    def _awaited(self, original: cst.Call, new: cst.Call) -> cst.Await:
        """In brackets, where what is around it would bind first."""
        around = self.parent(original)
        await_ = cst.Await(new)
        if isinstance(around, (cst.Attribute, cst.Subscript)) or (
            isinstance(around, cst.Call) and around.func is original
        ):
            return await_.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return await_

    def _is_in_async(self, node: cst.CSTNode) -> bool:
        while not isinstance(node, cst.Module):
            node = self.parent(node)
            if isinstance(node, _NO_AWAIT):
                return False
            if isinstance(node, cst.FunctionDef):
                return node.asynchronous is not None
        return False

    def _may_run_in_a_thread(self, call: cst.Call) -> bool:
        """Whether it calls a function of this file that blocks, and can run beside itself."""
        function = self._function(call.func)
        if function is None or not self._blocks(function):
            return False
        if has(function, cst.Yield):
            return False
        if self._meets_itself(function):
            name = function.name.value
            self.note(
                call,
                f"{name}() blocks all other users: once it writes nothing that two calls share, "
                f"await asyncio.to_thread({name}, …)",
            )
            return False
        return True

    def _function(self, name: cst.BaseExpression) -> cst.FunctionDef | None:
        if not isinstance(name, cst.Name):
            return None
        bound = list(self.scope_of(name)[name.value])
        node = bound[0].node if len(bound) == 1 and isinstance(bound[0], Assignment) else None
        if not isinstance(node, cst.FunctionDef) or node.asynchronous or node.decorators:
            return None
        return node

    def _blocks(self, function: cst.FunctionDef) -> bool:
        return any(self.calls(function, _BLOCKING))

    def _meets_itself(self, function: cst.FunctionDef) -> bool:
        """Whether it writes a file, an object, or uses a variable of the module."""
        modes = [argument(call, "mode", 1) for call in self.calls(function, ("builtins.open",))]
        if any(mode is not None and text_of(mode.value) not in _READING for mode in modes):
            return True
        if has(function, cst.Global, cst.Nonlocal):
            return True
        targets = (each.target for each in walk(function, cst.AssignTarget))
        if any(isinstance(target, (cst.Attribute, cst.Subscript)) for target in targets):
            return True
        return any(self._is_a_variable(name) for name in walk(function.body, cst.Name))

    def _is_a_variable(self, name: cst.Name) -> bool:
        """Whether a name is bound at the top of the file to more than a constant."""
        if not self.is_reference(name):
            return False
        return any(
            bound.scope is self.top
            and isinstance(bound, Assignment)
            and isinstance(bound.node, cst.Name)
            and not isinstance(self.value(name), _CONSTANT)
            for bound in self.scope_of(name)[name.value]
        )


_CONSTANT = (cst.SimpleString, cst.ConcatenatedString, cst.Integer, cst.Float)
_NO_AWAIT = (cst.Lambda, cst.ClassDef, cst.GeneratorExp, cst.Decorator, cst.Param)


def _streams(call: cst.Call) -> bool:
    """Whether the body is read later, which would block again."""
    stream = argument(call, "stream")
    return stream is not None and not matchers.matches(stream.value, matchers.Name("False"))
