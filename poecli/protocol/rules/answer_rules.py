"""Rules of an answer: its events, and its limits."""

from __future__ import annotations

from poecli.protocol.limits import SEEN
from poecli.protocol.rules.rule import FILES_PAGE, SDK, Level, Rule, Topic

ANSWER_RULES = (
    Rule(
        "meta-not-first",
        Level.SHOULD,
        "`meta` must be the first event of an answer.",
        "Yield fp.MetaResponse before anything else.",
    ),
    Rule(
        "event-after-error",
        Level.MUST,
        "After `error` only `done` may follow.",
        "Return from get_response after yielding fp.ErrorResponse.",
    ),
    Rule(
        "event-after-done",
        Level.MUST,
        "`done` is the last event of an answer.",
        "Send `done` once, at the end; fastapi_poe sends it for you.",
    ),
    Rule(
        "no-done",
        Level.MUST,
        "Every answer ends with `done`.",
        "Send `done` also after an error; don't close the connection before it.",
    ),
    Rule(
        "empty-answer",
        Level.MUST,
        "An answer contains at least one text, file or error.",
        "Yield at least one fp.PartialResponse on every path through get_response.",
    ),
    Rule(
        "malformed-event",
        Level.MUST,
        "The data of an event is a JSON object with the event's own fields.",
        "Build events with fastapi_poe's classes, or check the JSON you send.",
    ),
    Rule(
        "unknown-event",
        Level.ADVICE,
        "Poe ignores unknown events.",
        "Check the spelling of the event's name.",
    ),
    Rule(
        "unknown-content-type",
        Level.SHOULD,
        "The content_type of `meta` is text/markdown or text/plain.",
        "Use one of the two.",
    ),
    Rule(
        "unknown-error-type",
        Level.SHOULD,
        "The error_type of `error` is one of the documented values.",
        "Use a documented value, or leave error_type out.",
    ),
    Rule(
        "unexpected-exception",
        Level.SHOULD,
        "A bot handles its own errors; an uncaught exception gives the user no explanation.",
        "Catch the exception and yield fp.ErrorResponse with a text that says what to do.",
        source=SDK,
    ),
    Rule(
        "suggested-replies-ignored",
        Level.ADVICE,
        "An answer does without suggested replies: since July 2026 Poe was seen to ignore them.",
        "Name the choices in the text as well; no order of events is known to show the replies.",
        source=SEEN,
    ),
    Rule(
        "parameter-name-in-answer",
        Level.ADVICE,
        "An answer contains no `--name` of a parameter: Poe was seen to read it as a setting.",
        "Write the name without `--`: a value that Poe rejects can block the whole conversation.",
        source=SEEN,
    ),
    Rule(
        "inline-ref-unused",
        Level.ADVICE,
        "A file with an inline_ref is shown where the text contains `![title][inline_ref]`.",
        "Add the reference to the text, or upload the file without is_inline=True.",
    ),
)

LIMIT_RULES = (
    Rule(
        "first-event-late",
        Level.MUST,
        "The first event arrives within 5 seconds.",
        "Yield something before the slow work, best a first word: `meta` is not content.",
        topic=Topic.LIMITS,
    ),
    Rule(
        "first-content-late",
        Level.ADVICE,
        "Text follows within a second of `meta` or a comment: after those alone Poe was seen to "
        "drop the connection and to send the message again.",
        "Yield a first word at once, or nothing before there is text.",
        source=SEEN,
        topic=Topic.LIMITS,
    ),
    Rule(
        "silent-gap",
        Level.ADVICE,
        "An answer is never silent for 30 seconds: after minutes without content Poe was seen to "
        "drop the connection.",
        "Yield the text so far again during slow work, as fp.PartialResponse(text=so_far, "
        "is_replace_response=True); pings don't count.",
        source=SEEN,
        topic=Topic.LIMITS,
    ),
    Rule(
        "answer-too-slow",
        Level.MUST,
        "An answer is complete within 600 seconds.",
        "Do less work per message, or split the answer over several messages.",
        topic=Topic.LIMITS,
    ),
    Rule(
        "too-much-text",
        Level.MUST,
        "The text of an answer is within the length limit.",
        "Shorten the answer, or send it as a file.",
        topic=Topic.LIMITS,
    ),
    Rule(
        "too-many-events",
        Level.MUST,
        "The number of events in an answer is within the limit.",
        "Send more text per event.",
        topic=Topic.LIMITS,
    ),
    Rule(
        "too-many-files",
        Level.MUST,
        "The number of files in an answer is within the limit.",
        "Send fewer files, or one archive.",
        source=FILES_PAGE,
        topic=Topic.LIMITS,
    ),
    Rule(
        "file-too-large",
        Level.MUST,
        "Each file in an answer is within the size limit.",
        "Send a smaller file, or a link.",
        source=FILES_PAGE,
        topic=Topic.LIMITS,
    ),
    Rule(
        "settings-late",
        Level.SHOULD,
        "A settings request is answered within 5 seconds; after that, a sync gives up.",
        "Return constant settings from get_settings, without slow calls.",
        source=SDK,
        topic=Topic.LIMITS,
    ),
)
