"""The secret through which a Modal function gets the bot's key."""

from __future__ import annotations

import re

import libcst as cst

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod, argument, text_of, with_arg
from poecli.upgrade.rules.modal.arguments import app_decorator
from poecli.upgrade.rules.modal.names import APPS
from poecli.upgrade.rules.sdk_names import MAKERS

_NAME = re.compile(r"[\w.-]{1,63}")  # as modal/_utils/name_utils.py takes it


def serves_a_bot(codemod: Codemod, function: cst.FunctionDef) -> bool:
    """Whether a function makes the app of a bot."""
    return any(codemod.calls(function, MAKERS))


class WithSecret(Codemod):
    """A rule after which the bot reads its key from the environment.

    ``self.variable`` is set by the rule once it has changed something.
    """

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self.variable = ""
        self._secret = "my-bot"  # noqa: S105 - the name of one
        self._app_has_secrets = False
        self.on_modal = False

    def examine(self, module: cst.Module) -> None:
        """What the app is called."""
        for call in self.calls(module, APPS):
            self.on_modal = True
            named = argument(call, "name", 0)
            name = text_of(named.value) if named else None
            if name and _NAME.fullmatch(name):
                self._secret = name
            self._app_has_secrets = argument(call, "secrets") is not None

    def then(self) -> str:
        """What is left to do once the key comes from the environment."""
        if not self.on_modal:
            return f"Set {self.variable} where the bot runs, or in .env."
        if self._app_has_secrets:
            return f"Have {self.variable} in one of the app's secrets."
        return f"Before you deploy: modal secret create {self._secret} {self.variable}=…"

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """The function that serves the bot gets the secret, unless it has some already."""
        if not self.variable or self._app_has_secrets or not serves_a_bot(self, original_node):
            return updated_node
        decorators = [self._with_secret(each) for each in updated_node.decorators]
        return updated_node.with_changes(decorators=decorators)

    def _with_secret(self, decorator: cst.Decorator) -> cst.Decorator:
        call = app_decorator(decorator)
        if call is None or argument(call, "secrets") is not None:
            return decorator
        name = cst.Arg(cst.SimpleString(f'"{self._secret}"'))
        made = cst.Call(
            cst.Attribute(self.reference("modal", "Secret"), cst.Name("from_name")), [name]
        )
        listed = cst.List([cst.Element(made)])
        return decorator.with_changes(decorator=with_arg(call, "secrets", listed))
