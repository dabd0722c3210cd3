"""What we build is what fastapi_poe reads: the same fields, the same forms."""

from __future__ import annotations

from typing import Any

import fastapi_poe as fp
import pytest
from fastapi_poe import types as fp_types
from pydantic import BaseModel

from poecli.protocol import events as ev
from poecli.protocol import messages, requests, settings
from poecli.protocol.attachments import parsed_content
from poecli.protocol.conversation import Conversation
from poecli.protocol.messages import Attachment, MessageReaction, User
from poecli.protocol.reply import Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.rules.settings_lint import lint_settings
from poecli.protocol.settings import EffectiveSettings, SettingsResponse, effective

NEWEST = effective(SettingsResponse(response_version=2, enable_image_comprehension=True))
ALTERNATING = effective(SettingsResponse(response_version=2, enforce_author_role_alternation=True))
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03"


def attachment(name: str, content_type: str, data: bytes) -> Attachment:
    text = parsed_content(data, content_type, name, NEWEST)
    return Attachment(
        url=f"http://h/{name}", content_type=content_type, name=name, parsed_content=text
    )


def full_chat() -> Conversation:
    """A chat that uses every field a message can have."""
    reply = Reply()
    for event in (
        ev.Meta("text/plain"),
        ev.Text("answer"),
        ev.File("http://h/o.png", "image/png", "o.png", "r1"),
        ev.Data("state"),
        ev.Done(),
    ):
        reply.feed(event)
    chat = Conversation("u-1", "c-1")
    chat = chat.with_user_message("one", message_id="m-1", time_us=1, parameters={"size": 1})
    chat = chat.with_reply("Echo", reply, message_id="m-2", time_us=2)
    chat = chat.with_feedback("m-2", "like", reason="good")
    chat = chat.with_user_message("two", message_id="m-3", time_us=3)
    return chat.with_user_message(
        "three",
        message_id="m-4",
        time_us=4,
        attachments=[
            attachment("n.txt", "text/plain", b"the note"),
            attachment("p.png", "image/png", PNG),
        ],
    )


def query(with_settings: EffectiveSettings = NEWEST) -> QueryRequest:
    """With what no verb of a conversation sets: several users, a reaction, a reference."""
    request = full_chat().query(
        bot="Echo",
        settings=with_settings,
        message_id="m-9",
        bot_query_id="q-1",
        time_us=9,
        temperature=0.5,
    )
    request.users = [User(id="u-1", name="Ann"), User(id="u-2", name="Bob")]
    request.query[1].reactions = [MessageReaction(user_id="u-1", reaction="heart")]
    request.query[2].referenced_message = request.query[1].model_copy()
    return request


def as_sdk(request: QueryRequest) -> fp.QueryRequest:
    """The request as a bot built with fastapi_poe gets it, through JSON."""
    return fp.QueryRequest.model_validate_json(request.model_dump_json())


def test_a_query_arrives_whole() -> None:
    """Nothing of a query is lost or changed between our model and the SDK's."""
    ours, theirs = query().model_dump(), as_sdk(query()).model_dump()
    assert {key: value for key, value in theirs.items() if key in ours} == ours


def test_the_sdk_inserts_our_parsed_content() -> None:
    """Text and image come into the SDK's templates, with the name split from the description."""
    request = fp.PoeBot().insert_attachment_messages(as_sdk(query()))
    note, image = (message.content for message in request.query[-3:-1])
    assert note == "Below is the content of n.txt:\n\nthe note"
    assert "an image (p.png)" in image
    assert "<image_analysis>A PNG image of 2 x 3 pixels. The file is p.png.<" in image


def test_roles_alternate_as_the_sdk_makes_them() -> None:
    """Poe's side and the SDK's own helper merge the same neighbours to the same text."""
    theirs = fp.PoeBot().make_prompt_author_role_alternated(as_sdk(query()).query)
    assert [(m.role, m.content) for m in query(ALTERNATING).query] == [
        (m.role, m.content) for m in theirs
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(getattr(module, name), getattr(fp_types, other or name), id=name)
        for module, name, other in [
            (messages, "Attachment", ""),
            (messages, "MessageFeedback", ""),
            (messages, "MessageReaction", ""),
            (messages, "Sender", ""),
            (messages, "User", ""),
            (messages, "ProtocolMessage", ""),
            (messages, "FunctionDefinition", ""),
            (messages, "ToolDefinition", ""),
            (messages, "ToolCall", "ToolCallDefinition"),
            (messages, "ToolResult", "ToolResultDefinition"),
            (requests, "QueryRequest", ""),
            (requests, "SettingsRequest", ""),
            (requests, "ReportFeedbackRequest", ""),
            (requests, "ReportReactionRequest", ""),
            (requests, "ReportErrorRequest", ""),
            (settings, "SettingsResponse", ""),
            (settings, "TextField", ""),
            (settings, "TextArea", ""),
            (settings, "DropDown", ""),
            (settings, "ToggleSwitch", ""),
            (settings, "Slider", ""),
            (settings, "AspectRatio", ""),
            (settings, "ComparatorCondition", ""),
            (settings, "ConditionallyRenderControls", ""),
            (settings, "Tab", ""),
            (settings, "Section", ""),
            (settings, "ParameterControls", ""),
        ]
    ],
)
def test_no_field_of_the_sdk_is_missing(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    """A new version of fastapi_poe that gains a field shows here."""
    assert set(theirs.model_fields) <= set(ours.model_fields)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"server_bot_dependencies": {"GPT-4o": 3}, "introduction_message": "Hi"},
        {"allow_attachments": False, "expand_text_attachments": False},
    ],
    ids=["defaults", "dependencies", "no-attachments"],
)
def test_settings_of_the_sdk_are_clean(answer: dict[str, Any]) -> None:
    """What fastapi_poe sends of its own accord breaks no rule."""
    assert lint_settings(fp.SettingsResponse(**answer).model_dump()) == []
