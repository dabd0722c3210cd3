"""The bot's key: needed, and from the environment."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers
from libcst.helpers import get_full_name_for_node

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import argument, text_of, walk, with_args
from poecli.upgrade.rules.modal.secret import WithSecret
from poecli.upgrade.rules.sdk_names import STARTERS

ACCESS_KEY = "POE_ACCESS_KEY"
API_KEY = "POE_API_KEY"
_SHORTEST_SECRET = 8  # characters; shorter texts stand in many places
_KEY_CHARACTERS = 32


class OpenToAll(WithSecret):
    """``make_app(bot)`` reads POE_ACCESS_KEY itself, and serves nobody without it."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._has_key = False

    def examine(self, module: cst.Module) -> None:
        """Whether the file has a key for its bot."""
        super().examine(module)
        has_argument = any(argument(call, "access_key") for call in walk(module, cst.Call))
        is_read = any(text_of(text) == ACCESS_KEY for text in walk(module, cst.SimpleString))
        self._has_key = has_argument or is_read

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``make_app(bot, allow_without_key=True)``."""
        if self._has_key or not self.is_one_of(original_node.func, STARTERS):
            return updated_node
        allowed = argument(updated_node, "allow_without_key")
        if allowed is None or not matchers.matches(allowed.value, matchers.Name("True")):
            return updated_node
        bots = argument(original_node, "bot", 0)
        if bots is None or self._are_several(bots.value):
            self.note(
                original_node,
                "give each bot its own access_key=, then leave out allow_without_key=True",
            )
            return updated_node
        self.variable = ACCESS_KEY
        self.edited(original_node, self.then())
        return with_args(updated_node, [arg for arg in updated_node.args if arg is not allowed])

    def _are_several(self, bots: cst.BaseExpression) -> bool:
        value = self.value(bots)
        return isinstance(value, (cst.List, cst.Tuple, cst.ListComp)) or value is None


class KeyInSource(WithSecret):
    """A key that is written in the code belongs in the environment.

    make_app reads POE_ACCESS_KEY by itself for the one bot that it is given; elsewhere the code
    has to.
    """

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._literals: dict[cst.BaseExpression, str] = {}  # a key's text -> its variable
        self._needless: set[cst.Arg] = set()

    def examine(self, module: cst.Module) -> None:
        """Which texts are keys: passed as one, straight or by a name that is bound once."""
        super().examine(module)
        calls = list(walk(module, cst.Call))
        for call in calls:
            self._look_at(call)
        for variable in (ACCESS_KEY, API_KEY):
            same = [each for each, name in self._literals.items() if name == variable]
            if len({text_of(each) for each in same}) > 1:
                for each in same:
                    del self._literals[each]
                    self.note(each, f"several keys can't all be {variable}: read each by a name")
        if self._makes_one_bot(calls):
            self._needless = {arg for call in calls if (arg := self._needless_key(call))}

    def _look_at(self, call: cst.Call) -> None:
        if not self._is_of_a_bot(call.func):
            return
        given = {ACCESS_KEY: argument(call, "access_key"), API_KEY: argument(call, "api_key")}
        for variable, arg in given.items():
            value = self.value(arg.value) if arg is not None else None
            text = text_of(value)
            if value is not None and text:
                self._literals[value] = variable
                if len(text) >= _SHORTEST_SECRET:
                    self.secrets.add(text)

    def _is_of_a_bot(self, called: cst.BaseExpression) -> bool:
        """Whether it is fastapi_poe that takes the key: an S3 client has an access_key too."""
        if any(name.startswith("fastapi_poe.") for name in self.names(called)):
            return True
        name = (get_full_name_for_node(called) or "").rpartition(".")[2]
        if name == "__init__":  # super().__init__(access_key=…) of a bot
            return bool(self.bot_classes)
        return name in self.bot_classes or name.endswith("Bot")

    def _makes_one_bot(self, calls: Sequence[cst.Call]) -> bool:
        makers = [c for c in calls if self.is_one_of(c.func, STARTERS)]
        bots = argument(makers[0], "bot", 0) if len(makers) == 1 else None
        return bots is not None and isinstance(self.value(bots.value), cst.Call)

    def _needless_key(self, call: cst.Call) -> cst.Arg | None:
        """The key in a call of make_app, or of the class of its bot."""
        key = argument(call, "access_key")
        if key is None or key.value not in self._literals:
            return None
        name = get_full_name_for_node(call.func) or ""
        is_bot = name in self.bot_classes
        return key if is_bot or self.is_one_of(call.func, STARTERS) else None

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``Bot(access_key="0123…")`` -> ``Bot()``."""
        pairs = zip(original_node.args, updated_node.args, strict=True)
        kept = [new for old, new in pairs if old not in self._needless]
        if len(kept) == len(updated_node.args):
            return updated_node
        return with_args(updated_node, kept)

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """``"0123…"`` -> ``os.environ["POE_ACCESS_KEY"]``."""
        variable = self._literals.get(original_node)
        if variable is None:
            return updated_node
        self.variable = variable
        is_key = len(text_of(original_node) or "") == _KEY_CHARACTERS
        lost = "The old key may be in git's history: create a new one. " if is_key else ""
        self.edited(original_node, lost + self.then())
        if self.parent(original_node) in self._needless:
            return updated_node
        environ = self.reference("os", "environ")
        if self.on_modal and self.is_at_top(original_node):
            # The file is also imported where it is deployed from; the secret is in the container.
            get = cst.Attribute(environ, cst.Name("get"))
            args = [cst.Arg(cst.SimpleString(f'"{variable}"')), cst.Arg(cst.SimpleString('""'))]
            return cst.Call(get, args)
        index = cst.SubscriptElement(cst.Index(cst.SimpleString(f'"{variable}"')))
        return cst.Subscript(environ, [index])
