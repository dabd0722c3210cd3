"""Poe's side of a chat, and the queries it leads to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.errors import AttachmentsNotAllowed
from poecli.protocol import events as ev
from poecli.protocol import limits
from poecli.protocol.conversation import Conversation, addressed
from poecli.protocol.messages import Attachment, ProtocolMessage, Sender, User
from poecli.protocol.reply import Reply
from poecli.protocol.requests import QueryRequest
from poecli.protocol.settings import SettingsResponse, effective

USER, CHAT = "u-" + "a" * 32, "c-" + "b" * 32
NOTE = Attachment(url="http://h/n.txt", content_type="text/plain", name="n.txt", parsed_content="N")
CAT = Attachment(
    url="http://h/c.png", content_type="image/png", name="c.png", parsed_content="c.png***cat"
)
DOG = Attachment(
    url="http://h/d.png", content_type="image/png", name="d.png", parsed_content="d.png***dog"
)
CONTROLS = {
    "sections": [
        {
            "controls": [
                {
                    "control": "slider",
                    "label": "S",
                    "parameter_name": "size",
                    "default_value": 3,
                    "min_value": 1,
                    "max_value": 9,
                    "step": 1,
                },
                {
                    "control": "text_field",
                    "label": "T",
                    "parameter_name": "tone",
                    "default_value": "dry",
                },
                {"control": "text_field", "label": "U", "parameter_name": "unset"},
            ]
        }
    ]
}


def empty() -> Conversation:
    return Conversation(USER, CHAT)


def reply(*events: ev.Event) -> Reply:
    answer = Reply()
    for event in (*events, ev.Done()):
        answer.feed(event)
    return answer


def asked(text: str = "hi", n: int = 1, **more: Any) -> Conversation:
    return empty().with_user_message(text, message_id=f"m-u{n}", time_us=n, **more)


def answered(conversation: Conversation, bot: str, *events: ev.Event, n: int = 1) -> Conversation:
    return conversation.with_reply(bot, reply(*events), message_id=f"m-b{n}", time_us=n + 1)


def query(conversation: Conversation, bot: str = "Echo", **settings: Any) -> QueryRequest:
    return conversation.query(
        bot=bot,
        settings=effective(SettingsResponse.model_validate({"response_version": 2, **settings})),
        message_id="m-answer",
        bot_query_id="q-1",
        time_us=99,
    )


def two_bots() -> Conversation:
    """Ann asks Echo, then Guru; both keep data of their own."""
    chat = answered(asked("one"), "Echo", ev.Text("first"), ev.Data("echo's"))
    chat = chat.with_user_message("@Guru two", message_id="m-u2", time_us=3)
    chat = answered(chat, "Guru", ev.Text("second"), ev.Data("guru's"), n=2)
    return chat.with_user_message("three", message_id="m-u3", time_us=5)


def test_a_query_carries_what_poe_sends() -> None:
    """Ids, times, users and the message itself stand where the protocol wants them."""
    chat = asked("hello", parameters={"size": 5}, attachments=[NOTE])
    answer = {"response_version": 2, "parameter_controls": CONTROLS}
    sent = chat.query(
        bot="Echo",
        settings=effective(SettingsResponse.model_validate(answer)),
        message_id="m-answer",
        bot_query_id="q-1",
        time_us=99,
        temperature=0.5,
    )
    assert sent == QueryRequest(
        query=[
            ProtocolMessage(
                role="user",
                sender=Sender(id=USER),
                content="hello",
                parameters={"size": 5},
                timestamp=1,
                message_id="m-u1",
                attachments=[NOTE],
            )
        ],
        user_id=USER,
        conversation_id=CHAT,
        message_id="m-answer",
        temperature=0.5,
        bot_query_id="q-1",
        users=[User(id=USER)],
        query_creation_time=99,
    )


@pytest.mark.parametrize(
    ("bot", "expected"),
    [
        pytest.param("Echo", [None, "echo's", None, None, None], id="first-bot"),
        pytest.param("Guru", [None, None, None, "guru's", None], id="second-bot"),
        pytest.param("Other", [None] * 5, id="a-bot-that-never-spoke"),
    ],
)
def test_metadata_goes_back_to_its_bot_only(bot: str, expected: list[str | None]) -> None:
    """What a bot sent in `data` comes back to that bot, and to no other."""
    assert [message.metadata for message in query(two_bots(), bot).query] == expected


@pytest.mark.parametrize(
    ("multi", "expected"),
    [
        pytest.param(True, [None, "Echo", None, "Guru", None], id="with"),
        pytest.param(False, [None, None, None, None, None], id="without"),
    ],
)
def test_multi_entity_prompting_tells_who_spoke(multi: bool, expected: list[str | None]) -> None:
    """With it, bots' turns come with their sender; without it, as plain bot turns."""
    sent = query(two_bots(), enable_multi_entity_prompting=multi).query
    assert [message.sender and message.sender.name for message in sent] == expected
    assert [message.role for message in sent] == ["user", "bot", "user", "bot", "user"]


def test_parameters_are_those_the_user_touched() -> None:
    """Defaults of the controls are the bot's business."""
    sent = query(asked(parameters={"tone": "wry"}), parameter_controls=CONTROLS)
    assert sent.query[-1].parameters == {"tone": "wry"}


@pytest.mark.parametrize(
    ("events", "content", "content_type", "names", "metadata"),
    [
        pytest.param([ev.Text("a"), ev.Text("b")], "ab", "text/markdown", [], None, id="text"),
        pytest.param(
            [ev.Meta(content_type="text/plain"), ev.Text("a")],
            "a",
            "text/plain",
            [],
            None,
            id="plain",
        ),
        pytest.param(
            [ev.Meta(content_type="text/odd"), ev.Text("a")],
            "a",
            "text/markdown",
            [],
            None,
            id="unknown-type",
        ),
        pytest.param(
            [ev.File("http://h/f", "image/png", "f.png", "r1")],
            "",
            "text/markdown",
            [("f.png", "r1")],
            None,
            id="file-only",
        ),
        pytest.param([ev.Data("{}")], "", "text/markdown", [], "{}", id="data-only"),
        pytest.param(
            [ev.Text("half"), ev.Error("no")], "half", "text/markdown", [], None, id="failed-late"
        ),
    ],
)
def test_an_answer_is_remembered(
    events: list[ev.Event],
    content: str,
    content_type: str,
    names: list[tuple[str, str | None]],
    metadata: str | None,
) -> None:
    """Text, files, content type and data of an answer stand in the history."""
    message = answered(asked(), "Echo", *events).messages[-1]
    assert message.message_id == "m-b1"
    assert (message.role, message.sender, message.timestamp) == ("bot", Sender(name="Echo"), 2)
    assert (message.content, message.content_type) == (content, content_type)
    assert [(file.name, file.inline_ref) for file in message.attachments] == names
    assert message.metadata == metadata


@pytest.mark.parametrize("events", [[], [ev.Error("no")], [ev.SuggestedReply("x")]])
def test_an_answer_that_left_nothing_is_forgotten(events: list[ev.Event]) -> None:
    """An error alone makes no message."""
    assert answered(asked(), "Echo", *events) == asked()


def test_feedback_is_one_and_can_be_taken_back() -> None:
    """A second feedback takes the place of the first; None removes it."""
    chat = answered(asked(), "Echo", ev.Text("x"))
    disliked = chat.with_feedback("m-b1", "like").with_feedback("m-b1", "dislike", reason="dull")
    feedback = query(disliked).query[-1].feedback
    assert [(item.type, item.reason) for item in feedback] == [("dislike", "dull")]
    assert disliked.with_feedback("m-b1", None) == chat


def test_an_unknown_message_is_refused() -> None:
    """Feedback to a message that was never said is a mistake of the caller."""
    with pytest.raises(ValueError, match="m-other"):
        asked().with_feedback("m-other", "like")


def test_attachments_are_refused_when_not_allowed() -> None:
    """A message with files never reaches a bot that takes none."""
    with pytest.raises(
        AttachmentsNotAllowed, match=r"Echo does not accept attachments: n\.txt, c\.png"
    ):
        query(asked(attachments=[NOTE, CAT]), allow_attachments=False)


def test_files_of_a_bot_are_no_attachments_of_the_user() -> None:
    """A bot that takes no files may have sent some."""
    chat = answered(asked(), "Echo", ev.File("http://h/f", "image/png", "f.png"))
    sent = query(chat, allow_attachments=False).query[-1]
    assert [file.name for file in sent.attachments] == ["f.png"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, ["N", None, None], id="defaults"),
        pytest.param({"expand_text_attachments": False}, [None] * 3, id="no-text"),
        pytest.param(
            {"enable_image_comprehension": True}, ["N", "c.png***cat", None], id="one-image"
        ),
    ],
)
def test_parsed_content_is_sent_as_the_settings_ask(
    settings: dict[str, Any], expected: list[str | None]
) -> None:
    """Texts by default, images on demand and then one a message."""
    sent = query(asked(attachments=[NOTE, CAT, DOG]), **settings).query[-1]
    assert [file.parsed_content for file in sent.attachments] == expected


def test_neighbours_of_one_role_are_merged_on_demand() -> None:
    """With enforced alternation two user messages become one, with the newer one's parameters."""
    chat = asked("one", attachments=[NOTE], parameters={"size": 1}).with_user_message(
        "two", message_id="m-u2", time_us=2, attachments=[NOTE, CAT], parameters={"size": 2}
    )
    merged = query(chat, enforce_author_role_alternation=True).query
    assert [(m.content, m.message_id, m.parameters) for m in merged] == [
        ("one\n\ntwo", "m-u2", {"size": 2})
    ]
    assert [file.name for file in merged[0].attachments] == ["n.txt", "c.png"]
    assert [m.content for m in query(chat).query] == ["one", "two"]


def test_merged_bot_turns_keep_the_data_of_the_bot() -> None:
    """When a bot's turn is merged with a silent newer one, its data still comes back."""
    chat = answered(asked(), "Echo", ev.Text("a"), ev.Data("kept"))
    chat = answered(chat, "Echo", ev.Text("b"), n=2)
    chat = chat.with_feedback("m-b1", "like").with_feedback("m-b2", "dislike")
    merged = query(chat, enforce_author_role_alternation=True).query
    assert [(m.role, m.content, m.metadata) for m in merged] == [
        ("user", "hi", None),
        ("bot", "a\n\nb", "kept"),
    ]
    assert [item.type for item in merged[1].feedback] == ["like", "dislike"]
    again = answered(chat, "Echo", ev.Text("c"), ev.Data("newer"), n=3)
    assert query(again, enforce_author_role_alternation=True).query[1].metadata == "newer"


def test_a_cleared_context_is_not_sent() -> None:
    """After clearing, a bot sees only what came later; the history stays readable."""
    chat = two_bots().cleared().with_user_message("fresh", message_id="m-u9", time_us=9)
    assert [message.content for message in query(chat).query] == ["fresh"]
    assert len(chat.messages) == 6


@pytest.mark.parametrize("chat", [empty(), two_bots().cleared()])
def test_nothing_said_is_nothing_to_ask(chat: Conversation) -> None:
    """A query without a message is a mistake of the caller."""
    with pytest.raises(ValueError, match="no message"):
        query(chat)


def test_undoing_stops_at_a_cleared_context() -> None:
    """Without a user message in the context there is no turn to take back."""
    cleared = two_bots().cleared()
    assert cleared.without_last_turn() == cleared


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("@Echo hi", ("Echo", "hi"), id="plain"),
        pytest.param("@echo: hi", ("Echo", ": hi"), id="capital-letters-and-colon"),
        pytest.param("@Echo", (None, "@Echo"), id="alone"),
        pytest.param("@Echo. Hi", ("Echo", ". Hi"), id="end-of-sentence"),
        pytest.param("@Echo-2 hi", ("Echo-2", "hi"), id="longest-handle"),
        pytest.param("@Echo-2.5 hi", ("Echo-2.5", "hi"), id="dot-in-handle"),
        pytest.param("@Echo.7 hi", (None, "@Echo.7 hi"), id="dot-and-more"),
        pytest.param("@Echoes hi", (None, "@Echoes hi"), id="longer-word"),
        pytest.param("@Echo-3 hi", (None, "@Echo-3 hi"), id="other-number"),
        pytest.param("mail me@Echo", (None, "mail me@Echo"), id="within-a-word"),
        pytest.param("ask @Echo, or @Echo-2", ("Echo", "ask @Echo, or @Echo-2"), id="first"),
        pytest.param("hi\n@Echo-2 you", ("Echo-2", "hi\n@Echo-2 you"), id="start-of-a-line"),
        pytest.param("@nobody @Echo hi", ("Echo", "@nobody @Echo hi"), id="first-that-is-known"),
        pytest.param("hi", (None, "hi"), id="no-mention"),
    ],
)
def test_the_bot_that_is_mentioned_first_is_asked(
    text: str, expected: tuple[str | None, str]
) -> None:
    """`@name` addresses a bot; the longest handle that fits wins; only at the start it goes."""
    assert addressed(text, ["Echo", "Echo-2", "Echo-2.5"]) == expected


# --- properties ---------------------------------------------------------------------------------

TURNS = st.lists(
    st.tuples(st.sampled_from("ub"), st.sampled_from(["Echo", "Guru"]), st.booleans()), max_size=12
)


def play(turns: list[tuple[str, str, bool]]) -> Conversation:
    """A chat in which each row is a user's message or a bot's answer, with or without data."""
    chat = asked("start", n=0)
    for n, (who, bot, data) in enumerate(turns, start=1):
        said: list[ev.Event] = [ev.Text(f"t{n}"), *([ev.Data(bot)] if data else [])]
        chat = (
            chat.with_user_message(f"t{n}", message_id=f"m-u{n}", time_us=n)
            if who == "u"
            else answered(chat, bot, *said, n=n)
        )
    return chat


@given(TURNS, st.booleans())
def test_no_data_ever_reaches_another_bot(
    turns: list[tuple[str, str, bool]], alternate: bool
) -> None:
    """However a chat went, a bot sees its own data and nobody else's."""
    sent = query(play(turns), "Echo", enforce_author_role_alternation=alternate).query
    assert {message.metadata for message in sent} <= {None, "Echo"}


@given(TURNS)
def test_alternation_leaves_no_neighbours_of_one_role(
    turns: list[tuple[str, str, bool]],
) -> None:
    """Enforced alternation alternates, and loses no text."""
    chat = play(turns)
    roles = [m.role for m in query(chat, enforce_author_role_alternation=True).query]
    merged = query(chat, enforce_author_role_alternation=True).query
    assert all(a != b for a, b in pairwise(roles))
    assert "\n\n".join(m.content for m in merged) == "\n\n".join(m.content for m in chat.context)


@given(TURNS)
def test_taking_a_turn_back_undoes_it(turns: list[tuple[str, str, bool]]) -> None:
    """A turn added and taken back leaves the chat as it was."""
    chat = play(turns)
    more = chat.with_user_message("more", message_id="m-more", time_us=50)
    assert more.without_last_turn() == chat
    assert answered(more, "Echo", ev.Text("x"), n=60).without_last_turn() == chat


@pytest.mark.parametrize("alternate", [True, False])
def test_a_long_chat_is_truncated_to_the_newest(alternate: bool) -> None:
    """Past the limit of messages, the oldest are left out and the newest is kept."""
    chat = asked("start", n=0)
    limit = limits.CONVERSATION_MESSAGES.value
    for n in range(1, limit // 2 + 3):
        chat = answered(chat, "Echo", ev.Text("a"), n=n)
        chat = chat.with_user_message(f"q{n}", message_id=f"m-u{n}", time_us=n)
    sent = query(chat, enforce_author_role_alternation=alternate).query
    assert (len(chat.messages), len(sent)) == (limit + 5, limit)
    assert sent[-1].content == f"q{limit // 2 + 2}"


def test_a_query_is_a_copy() -> None:
    """Who changes a message of a query does not change the chat."""
    chat = asked()
    query(chat).query[0].content = "changed"
    assert chat.messages[0].content == "hi"
