"""How long a function may answer, and how many users at a time one container answers."""

from __future__ import annotations

import libcst as cst

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod, argument, with_arg
from poecli.upgrade.rules.modal.arguments import app_decorator
from poecli.upgrade.rules.modal.secret import serves_a_bot

_CALLERS = tuple(
    f"fastapi_poe.{module}{name}"
    for module in ("", "client.")
    for name in (
        "stream_request",
        "get_bot_response",
        "get_final_response",
        "get_bot_response_sync",
    )
)
_POE_WAITS = 600  # seconds: https://creator.poe.com/docs/server-bots/poe-protocol-specification


class AnswerTime(Codemod):
    """Modal ends an answer after 300 seconds; a bot that waits for another may need Poe's 600."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._calls_bots = False

    def examine(self, module: cst.Module) -> None:
        """Whether the bot waits for other bots."""
        self._calls_bots = any(self.calls(module, _CALLERS))

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """The function that serves the bot."""
        if not self._calls_bots or not serves_a_bot(self, original_node):
            return updated_node
        decorators: list[cst.Decorator] = []
        for decorator in updated_node.decorators:
            call = app_decorator(decorator)
            if call is not None and argument(call, "timeout") is None:
                self.edited(original_node.decorators[len(decorators)])
                call = with_arg(call, "timeout", cst.Integer(str(_POE_WAITS)))
                decorators.append(decorator.with_changes(decorator=call))
            else:
                decorators.append(decorator)
        return updated_node.with_changes(decorators=decorators)


class OneAtATime(Codemod):
    """Whether the code can answer several users at once is the author's to say."""

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """The function that serves the bot."""
        calls = [call for each in node.decorators if (call := app_decorator(each))]
        if not calls or not serves_a_bot(self, node):
            return
        named = [
            each.decorator.func if isinstance(each.decorator, cst.Call) else each.decorator
            for each in node.decorators
        ]
        old = argument(calls[0], "allow_concurrent_inputs")
        if old is None and not any(self.is_one_of(name, ("modal.concurrent",)) for name in named):
            self.note(
                node,
                "each container answers one user at a time: if the code awaits all it waits for, "
                "add @modal.concurrent(max_inputs=100)",
            )
