"""What the bot's fastapi_poe lacks, and which version brought it.

Whether it is there is looked up in the package itself. Only the version can't be: it stands below,
as ``python -m tests.readme.sdk_versions --features`` reads it from the packages.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from types import ModuleType

import fastapi_poe

from poecli.config.interpreter import install_line
from poecli.hosting.author.frames import shown_path
from poecli.source.python_file import FUNCTION, PythonFile, last_name

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
_IN_AN_ERROR = (
    re.compile(r"module 'fastapi_poe(?:\.\w+)?' has no attribute '(?P<feature>\w+)'"),
    re.compile(r"cannot import name '(?P<feature>\w+)' from 'fastapi_poe"),
    re.compile(r"'(?P<owner>\w+)' object has no attribute '(?P<feature>\w+)'"),
    re.compile(r"(?P<owner>\w+)\(\) got an unexpected keyword argument '(?P<feature>\w+)'"),
)


def has(sdk: ModuleType, feature: str) -> bool:
    """Whether a fastapi_poe has it."""
    owner_name, _, name = feature.replace("(", ".").rstrip(")").partition(".")
    owner = getattr(sdk, owner_name, None)
    if not name or owner is None:
        return owner is not None
    if feature.endswith(")"):
        return name in inspect.signature(owner).parameters
    return hasattr(owner, name) or name in getattr(owner, "model_fields", {})


@cache
def lacking(sdk: ModuleType = fastapi_poe) -> frozenset[str]:
    """Of the features above, those that a fastapi_poe lacks."""
    return frozenset(feature for feature in SINCE if not has(sdk, feature))


def newer_needed(feature: str) -> str:
    """Which version brought a feature, and how to get it."""
    since = SINCE[feature]
    name = re.split(r"[.(]", feature.rstrip(")"))[-1]
    return (
        f"{name} came with fastapi_poe {since}, and here is {version('fastapi_poe')}: "
        + install_line(f"fastapi_poe>={since}")
    )


def sdk_hint(error: BaseException, sdk: ModuleType = fastapi_poe) -> str:
    """For an error about something that a newer fastapi_poe has: which; "" for any other."""
    if not isinstance(error, (AttributeError, ImportError, TypeError)) or not lacking(sdk):
        return ""
    for pattern in _IN_AN_ERROR:
        if found := pattern.search(str(error)):
            owner, name = found.groupdict().get("owner"), found["feature"]
            # `self.authorize_cost`: the error names the author's own class.
            of_bot = f"PoeBot.{name}" if owner else name
            meant = {f"{owner}.{name}", f"{owner}({name})", of_bot} & lacking(sdk)
            return next(map(newer_needed, meant), "")
    return ""


def ignored_features(files: Iterable[Path], sdk: ModuleType = fastapi_poe) -> list[str]:
    """Remarks on what the author's files use, and their fastapi_poe ignores without an error."""
    return [remark for file in files for remark in _ignored(file, sdk)] if lacking(sdk) else []


def _ignored(file: Path, sdk: ModuleType) -> Iterator[str]:
    for feature, line in sorted(_used(PythonFile.read(file)), key=itemgetter(1)):
        if feature in lacking(sdk):
            yield f"{shown_path(str(file))}:{line} has no effect: {newer_needed(feature)}"


def _used(file: PythonFile) -> Iterator[tuple[str, int]]:
    """Fields that are passed to a model, which drops what it does not know; methods of bots."""
    for call in file.calls():
        for keyword in call.keywords:
            yield f"{last_name(call.func)}.{keyword.arg}", keyword.value.lineno
    for bot_class in file.bot_classes.values():
        for method in bot_class.body:
            if isinstance(method, FUNCTION):
                yield f"PoeBot.{method.name}", method.lineno
