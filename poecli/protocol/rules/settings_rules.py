"""Rules of the settings answer, and of the bots it declares."""

from __future__ import annotations

from poecli.protocol.rules.rule import CALLING_PAGE, SETTINGS_PAGE, Level, Rule, Section

SETTINGS_RULES = (
    Rule(
        "settings-malformed",
        Level.MUST,
        "Each field of the settings has its documented type.",
        "Build the answer with fp.SettingsResponse, or correct the field's type.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "response-version-missing",
        Level.SHOULD,
        "Settings say their response_version; without it Poe applies the defaults of version 0.",
        'Answer with fp.SettingsResponse, or add "response_version": 2.',
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "response-version-old",
        Level.ADVICE,
        "Settings use the newest response_version, 2.",
        "Set response_version to 2 and check the defaults that change with it.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "response-version-unknown",
        Level.SHOULD,
        "response_version is a version that Poe knows: 0, 1 or 2.",
        "Set response_version to 2.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "settings-unknown-key",
        Level.SHOULD,
        "Settings hold only keys that Poe knows; others have no effect.",
        "Check the key's spelling.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "settings-deprecated-key",
        Level.ADVICE,
        "Old settings have no effect any more, or a newer name.",
        "Drop the key; enable_multi_bot_chat_prompting is now enable_multi_entity_prompting.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "introduction-blank",
        Level.ADVICE,
        "An introduction message has something to say.",
        "Write a sentence, or leave introduction_message out.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "comprehension-without-attachments",
        Level.ADVICE,
        "enable_image_comprehension is of use only with attachments allowed.",
        "Set allow_attachments to true, or drop enable_image_comprehension.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
    Rule(
        "parameter-controls-dropped",
        Level.MUST,
        "Poe honours parameter_controls from response_version 2 on; before, they vanish silently.",
        "Set response_version to 2.",
        source=SETTINGS_PAGE,
        section=Section.SETTINGS,
    ),
)

DEPENDENCY_RULES = (
    Rule(
        "dependency-undeclared",
        Level.MUST,
        "Each bot that is called stands in server_bot_dependencies.",
        "Add the bot and the number of calls to get_settings, then run `poe sync-settings`.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
    Rule(
        "dependency-exceeded",
        Level.MUST,
        "A bot is called no more often for one message than declared.",
        "Raise its number in server_bot_dependencies, then run `poe sync-settings`.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
    Rule(
        "dependency-unused",
        Level.ADVICE,
        "Declared bots are called.",
        "Drop the bot from server_bot_dependencies if no path of the code calls it.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
    Rule(
        "too-many-bot-calls",
        Level.MUST,
        "Declared and real calls to other bots for one message are within the limit.",
        "Call fewer bots for one message.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
    Rule(
        "dependency-count",
        Level.MUST,
        "The number of calls of a dependency is 1 or more.",
        "Write the number of calls for one message, or drop the bot.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
    Rule(
        "dependency-name",
        Level.MUST,
        "A dependency is named by its handle, as in poe.com/HANDLE.",
        "Write the handle without @, spaces or address.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
    Rule(
        "dependency-any",
        Level.ADVICE,
        "Dependencies are named; `any` is a wildcard that only an old official sample shows.",
        "Declare each bot by its handle: no document of today knows `any`.",
        source=CALLING_PAGE,
        section=Section.DEPENDENCIES,
    ),
)
