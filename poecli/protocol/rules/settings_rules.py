"""Rules of the settings answer, and of the bots it declares."""

from __future__ import annotations

from poecli.protocol.limits import SEEN
from poecli.protocol.rules.rule import (
    CALLING_PAGE,
    PRICES_PAGE,
    SETTINGS_PAGE,
    Level,
    Rule,
    Topic,
)

SETTINGS_RULES = (
    Rule(
        "settings-malformed",
        Level.MUST,
        "Each field of the settings has its documented type.",
        "Return fp.SettingsResponse, or correct the type of the field.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "response-version-missing",
        Level.SHOULD,
        "Settings include response_version; without it, Poe applies the defaults of version 0.",
        'Return fp.SettingsResponse, or add "response_version": 2.',
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "response-version-old",
        Level.ADVICE,
        "Settings use the newest response_version, 2.",
        "Set response_version to 2 and check the defaults that change with it.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "response-version-unknown",
        Level.SHOULD,
        "response_version is a version that Poe knows: 0, 1 or 2.",
        "Set response_version to 2.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "settings-unknown-key",
        Level.SHOULD,
        "Settings only contain documented keys; others have no effect.",
        "Check the key's spelling.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "settings-deprecated-key",
        Level.ADVICE,
        "Deprecated settings no longer have an effect, or were renamed.",
        "Remove the key; enable_multi_bot_chat_prompting is now enable_multi_entity_prompting.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "introduction-blank",
        Level.ADVICE,
        "An introduction message is not blank.",
        "Write a message, or leave introduction_message out.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "slash-word-in-introduction",
        Level.ADVICE,
        "An introduction names no command like `/word`: Poe was seen to take a message that "
        "starts so for a command of its own, and to refuse it.",
        "Use another sign: `!word` reaches the bot.",
        source=SEEN,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "price-tag-malformed",
        Level.SHOULD,
        "A price in rate_card or cost_label has the form `[usd_milli_cents=N]`, N a whole number.",
        "Write the tag in exactly that form; Poe shows it as points.",
        source=PRICES_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "comprehension-without-attachments",
        Level.ADVICE,
        "enable_image_comprehension only has an effect when attachments are allowed.",
        "Set allow_attachments to true, or remove enable_image_comprehension.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
    Rule(
        "parameter-controls-dropped",
        Level.MUST,
        "Poe silently drops parameter_controls below response_version 2.",
        "Set response_version to 2.",
        source=SETTINGS_PAGE,
        topic=Topic.SETTINGS,
    ),
)

DEPENDENCY_RULES = (
    Rule(
        "dependency-undeclared",
        Level.MUST,
        "Each bot that is called is declared in server_bot_dependencies.",
        "Add the bot and the number of calls to get_settings, then run `poe sync-settings`.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
    Rule(
        "dependency-exceeded",
        Level.MUST,
        "A bot is called no more often for one message than declared.",
        "Raise its number in server_bot_dependencies, then run `poe sync-settings`.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
    Rule(
        "dependency-unused",
        Level.ADVICE,
        "Each declared bot is called.",
        "Remove the bot from server_bot_dependencies if the code never calls it.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
    Rule(
        "too-many-bot-calls",
        Level.MUST,
        "Declared and actual calls to other bots for one message are within the limit.",
        "Call fewer bots per message.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
    Rule(
        "dependency-count",
        Level.MUST,
        "The number of calls of a dependency is 1 or more.",
        "Set the number of calls per message, or remove the bot.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
    Rule(
        "dependency-name",
        Level.MUST,
        "A dependency is a bot's handle, as in poe.com/HANDLE.",
        "Write only the handle: no @, no spaces, no URL.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
    Rule(
        "dependency-any",
        Level.ADVICE,
        "Dependencies are named; the wildcard `any` only appears in an old official sample.",
        "Declare each bot by its handle: Poe's documentation does not mention `any`.",
        source=CALLING_PAGE,
        topic=Topic.DEPENDENCIES,
    ),
)
