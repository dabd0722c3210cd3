"""Which fastapi_poe brought what, and what of it an author's file uses.

The versions are as ``python -m tests.readme.sdk_versions --features`` reads them from the packages.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from poecli.source.python_file import FUNCTION, PythonFile, last_name, walk

OLDEST = "0.0.36"  # the oldest that is served
# A name of the package, `Class.field`, `Class.method` or `function(parameter)`; since OLDEST.
SINCE: dict[str, str] = {
    feature: since
    for since, features in {
        "0.0.37": "Attachment.parsed_content SettingsResponse.enable_image_comprehension "
        "SettingsResponse.enforce_author_role_alternation SettingsResponse.expand_text_attachments",
        "0.0.38": "MessageFeedback SettingsResponse.enable_multi_bot_chat_prompting "
        "ToolCallDefinition ToolResultDefinition",
        "0.0.43": "PoeBot.insert_attachment_messages PoeBot.make_prompt_author_role_alternated "
        "PoeBot.should_insert_attachment_messages",
        "0.0.44": "ProtocolMessage.sender_id",
        "0.0.45": "QueryRequest.language_code",
        "0.0.47": "QueryRequest.bot_query_id sync_bot_settings",
        "0.0.48": "PoeBot.bot_name make_app(bot_name)",
        "0.0.49": "PoeBot.on_reaction_with_context ReportReactionRequest",
        "0.0.50": "CostItem CostRequestError InsufficientFundError PoeBot.authorize_cost "
        "PoeBot.capture_cost SettingsResponse.custom_rate_card",
        "0.0.56": "DataResponse PoeBot.data_event ProtocolMessage.metadata",
        "0.0.57": "AttachmentUploadResponse PartialResponse.attachment PoeBot.file_event",
        "0.0.59": "get_bot_response_sync",
        "0.0.60": "SettingsResponse.cost_label SettingsResponse.rate_card",
        "0.0.61": "SettingsResponse.response_version",
        "0.0.63": "upload_file upload_file_sync",
        "0.0.64": "stream_request(extra_headers)",
        "0.0.65": "AspectRatio AspectRatioOption BaseControl ComparatorCondition "
        "ConditionallyRenderControls Divider DropDown FullControls LiteralValue "
        "ParameterControls ParameterValue ProtocolMessage.parameters Section "
        "SettingsResponse.parameter_controls Slider Tab TextArea TextField ToggleSwitch "
        "ValueNamePair",
        "0.0.66": "Attachment.inline_ref",
        "0.0.67": "PartialResponse.tool_calls ProtocolMessage.message_type",
        "0.0.69": "PartialResponse.index",
        "0.0.73": "QueryRequest.adopt_current_bot_name get_bot_response(adopt_current_bot_name)",
        "0.0.74": "MessageReaction ProtocolMessage.reactions ProtocolMessage.referenced_message "
        "ProtocolMessage.sender QueryRequest.users Sender User",
        "0.0.77": "upload_file(extra_headers)",
        "0.0.78": "QueryRequest.extra_params QueryRequest.query_creation_time "
        "QueryRequest.tool_calls QueryRequest.tool_results QueryRequest.tools",
        "0.0.79": "SettingsResponse.enable_multi_entity_prompting",
    }.items()
    for feature in features.split()
}


@dataclass(frozen=True)
class MissingFeature:
    """Something that a version lacks; ``since`` is the one that brought it, ``place`` uses it."""

    name: str
    since: str
    place: str


def is_older(version: str, than: str) -> bool:
    """Whether a release came before another one."""
    return _release(version) < _release(than)


def short_name(feature: str) -> str:
    """As it stands in the source: "cost_label" of "SettingsResponse.cost_label"."""
    return re.split(r"[.(]", feature.rstrip(")"))[-1]


def missing_in(version: str, file: PythonFile) -> list[MissingFeature]:
    """What a file uses of fastapi_poe that came after a version, each once, by line."""
    lines: dict[str, int] = {}
    for feature, line in (*features_without_error(file), *_features_with_error(file)):
        if is_older(version, SINCE.get(feature, "0")):
            lines[feature] = min(line, lines.get(feature, line))
    return [
        MissingFeature(short_name(feature), SINCE[feature], f"{file.name}:{line}")
        for line, feature in sorted((line, feature) for feature, line in lines.items())
    ]


def features_without_error(file: PythonFile) -> Iterator[tuple[str, int]]:
    """What an older version ignores: fields passed to a model, methods that a bot defines."""
    for call in file.calls():
        for keyword in call.keywords:
            yield f"{last_name(call.func)}.{keyword.arg}", keyword.value.lineno
    for bot_class in file.bot_classes.values():
        for method in bot_class.body:
            if isinstance(method, FUNCTION):
                yield f"PoeBot.{method.name}", method.lineno


def _features_with_error(file: PythonFile) -> Iterator[tuple[str, int]]:
    """What raises where it is missing: names of the package, parameters, methods of the bot."""
    modules = {
        alias.asname or alias.name
        for node in file.all(ast.Import)
        for alias in node.names
        if alias.name == "fastapi_poe"
    }
    for node in file.all(ast.ImportFrom):
        if (node.module or "").partition(".")[0] == "fastapi_poe":
            yield from ((alias.name, node.lineno) for alias in node.names)
    for attribute in file.all(ast.Attribute):
        if isinstance(attribute.value, ast.Name) and attribute.value.id in modules:
            yield attribute.attr, attribute.lineno
    for call in file.calls():
        for keyword in call.keywords:
            yield f"{last_name(call.func)}({keyword.arg})", keyword.value.lineno
    for bot_class in file.bot_classes.values():
        yield from _inherited(bot_class)


def _inherited(bot_class: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """What a bot reads of itself and does not set or define."""
    of_self = [
        node
        for node in walk(bot_class, ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    ]
    own = {node.attr for node in of_self if not isinstance(node.ctx, ast.Load)}
    own |= {node.name for node in bot_class.body if isinstance(node, FUNCTION)}
    for node in of_self:
        if node.attr not in own:
            yield f"PoeBot.{node.attr}", node.lineno


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
