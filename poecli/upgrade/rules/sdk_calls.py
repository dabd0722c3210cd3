"""How fastapi_poe is called: arguments, attributes and methods that are other ones today."""

from __future__ import annotations

import libcst as cst
from libcst import matchers

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod, argument, text_of, walk
from poecli.upgrade.rules.sdk_names import STARTERS

_CALLERS = tuple(
    f"fastapi_poe.{module}{name}"
    for module in ("", "client.")
    for name in ("stream_request", "stream_request_base", "get_final_response")
)
_SETTINGS = ("fastapi_poe.SettingsResponse", "fastapi_poe.types.SettingsResponse")
_IGNORED_SETTINGS = ("context_clear_window_secs", "allow_user_context_clear")
_OF_A_MESSAGE = ("content", "attachments", "role", "content_type", "message_id", "parameters")


class RenamedArguments(Codemod):
    """Keywords with another name today, or none."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Of make_app, of the functions that call other bots, of settings, of a bot's class."""
        return self.with_changed_args(
            original_node, updated_node, lambda _, arg: self._arg(original_node, arg)
        )

    def _arg(self, call: cst.Call, arg: cst.Arg) -> cst.Arg | None:
        name = arg.keyword.value if arg.keyword is not None else ""
        new = ""
        if name == "api_key" and self.is_one_of(call.func, STARTERS):
            new = "access_key"
        elif name == "access_key" and self.is_one_of(call.func, _CALLERS):
            # client.py reads it no more; the place of the request's key is api_key.
            if argument(call, "api_key", 2) is not None:
                return None
            new = "api_key"
        elif name == "concat_attachments_to_message":
            new = "should_insert_attachment_messages"
        elif self.is_one_of(call.func, _SETTINGS):
            if name in _IGNORED_SETTINGS:
                return None
            if name == "enable_multi_bot_chat_prompting":
                new = "enable_multi_entity_prompting"
        return arg.with_changes(keyword=cst.Name(new)) if new else arg

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        """``concat_attachments_to_message = False`` in a bot's class, or of an object."""
        targets = [
            target.with_changes(target=self._renamed(target.target))
            for target in updated_node.targets
        ]
        if all(
            new.target is old.target for new, old in zip(targets, updated_node.targets, strict=True)
        ):
            return updated_node
        self.edited(original_node)
        return updated_node.with_changes(targets=targets)

    @staticmethod
    def _renamed(target: cst.BaseAssignTargetExpression) -> cst.BaseAssignTargetExpression:
        new = cst.Name("should_insert_attachment_messages")
        if matchers.matches(target, matchers.Name("concat_attachments_to_message")):
            return new
        old = matchers.Attribute(attr=matchers.Name("concat_attachments_to_message"))
        if isinstance(target, cst.Attribute) and matchers.matches(target, old):
            return target.with_changes(attr=new)
        return target


class LastMessage(Codemod):
    """``request.query`` is a list of messages; the user's newest is its last."""

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        """``request.query.content`` -> ``request.query[-1].content``."""
        query = original_node.value
        if original_node.attr.value not in _OF_A_MESSAGE or not isinstance(query, cst.Attribute):
            return updated_node
        if query.attr.value != "query" or not isinstance(query.value, cst.Name):
            return updated_node
        if not self.is_request(query.value):
            return updated_node
        self.edited(original_node)
        index = cst.UnaryOperation(cst.Minus(), cst.Integer("1"))
        last = cst.Subscript(updated_node.value, [cst.SubscriptElement(cst.Index(index))])
        return updated_node.with_changes(value=last)


class RequestParameter(Codemod):
    """What get_response gets is called ``request`` since 0.0.22; it was ``query``."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._places: set[cst.CSTNode] = set()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """Where the name stands, if ``request`` is free."""
        if node.name.value not in {"get_response", "get_response_with_context"}:
            return
        params = node.params.params
        if len(params) < 2 or params[1].name.value != "query" or not self.is_in_a_bot(node):  # noqa: PLR2004 - self, then the request
            return
        scope = self.scope_of(params[1].name)
        bound = list(scope.assignments["query"])
        if "request" in scope.assignments or "request" in self.top.assignments or len(bound) != 1:
            return
        self._places |= {params[1].name, *(use.node for use in bound[0].references)}

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """Rename it."""
        if original_node not in self._places:
            return updated_node
        self.edited(original_node)
        return updated_node.with_changes(value="request")


class OwnStreamRequest(Codemod):
    """``stream_request`` is a function of fastapi_poe, and no method of PoeBot."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._own: set[str] = set()

    def examine(self, module: cst.Module) -> None:
        """The methods that the file itself defines."""
        self._own = {function.name.value for function in walk(module, cst.FunctionDef)}

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``self.stream_request(…)`` -> ``fp.stream_request(…)``."""
        called = original_node.func
        if not matchers.matches(
            called, matchers.Attribute(matchers.Name("self"), matchers.Name("stream_request"))
        ):
            return updated_node
        if "stream_request" in self._own or not self.uses("fastapi_poe"):
            return updated_node
        self.edited(original_node)
        return updated_node.with_changes(func=self.reference("fastapi_poe", "stream_request"))


class FileData(Codemod):
    """``file_data`` is bytes or a binary file; since 0.0.57 a text is an error."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``post_message_attachment(file_data="…")`` -> ``"…".encode()``."""
        if not matchers.matches(
            original_node.func, matchers.Attribute(attr=matchers.Name("post_message_attachment"))
        ):
            return updated_node
        given = argument(original_node, "file_data")
        data = argument(updated_node, "file_data")
        if given is None or data is None or not self._is_text(given.value):
            return updated_node
        self.edited(given)
        encoded = cst.Call(cst.Attribute(_bracketed(data.value), cst.Name("encode")))
        args = [
            arg.with_changes(value=encoded) if arg is data else arg for arg in updated_node.args
        ]
        return updated_node.with_changes(args=args)

    def _is_text(self, node: cst.BaseExpression) -> bool:
        """Whether this can be nothing but a text."""
        if isinstance(node, cst.Name):
            value = self.value(node)
            return value is not None and not isinstance(value, cst.Name) and self._is_text(value)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            return self._is_text(node.left) or self._is_text(node.right)
        if isinstance(node, cst.Call):
            return self.is_one_of(node.func, ("builtins.str", "json.dumps"))
        if isinstance(node, cst.Attribute):
            return node.attr.value == "content" and self._is_message(node.value)
        return isinstance(node, cst.FormattedString) or text_of(node) is not None

    def _is_message(self, node: cst.BaseExpression) -> bool:
        """``request.query[-1]``."""
        return (
            isinstance(node, cst.Subscript)
            and isinstance(node.value, cst.Attribute)
            and node.value.attr.value == "query"
            and isinstance(node.value.value, cst.Name)
            and self.is_request(node.value.value)
        )


def _bracketed(value: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(value, cst.BinaryOperation | cst.ConcatenatedString) and not value.lpar:
        return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return value
