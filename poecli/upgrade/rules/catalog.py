"""All rules, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from poecli.errors import UsageError
from poecli.suggestions import closest
from poecli.upgrade.requirements import RULE as REQUIREMENTS
from poecli.upgrade.rule import UpgradeRule
from poecli.upgrade.rules.access_keys import KeyInSource, OpenToAll
from poecli.upgrade.rules.blocking import BlockingCalls
from poecli.upgrade.rules.image_packages import ImagePackages
from poecli.upgrade.rules.modal.arguments import ARGUMENTS, AppArguments, ConcurrentInputs
from poecli.upgrade.rules.modal.files import CopiedFiles, ImageEnvironment, Mounts
from poecli.upgrade.rules.modal.limits import AnswerTime, OneAtATime
from poecli.upgrade.rules.modal.modules import OwnModules
from poecli.upgrade.rules.modal.names import AppVariable, StubIsApp, WebEndpoint
from poecli.upgrade.rules.modal.objects import NamedObjects
from poecli.upgrade.rules.pypdf_package import Pypdf
from poecli.upgrade.rules.sdk_answers import SilentAnswer
from poecli.upgrade.rules.sdk_calls import (
    FileData,
    LastMessage,
    OwnStreamRequest,
    RenamedArguments,
    RequestParameter,
)
from poecli.upgrade.rules.sdk_names import ClientNames, HandlerIsBot

_MODAL_1 = "https://modal.com/docs/guide/modal-1-0-migration"
_SDK = "fastapi_poe 0.0.83, base.py and client.py"
_MODAL_CHANGES = "https://modal.com/docs/reference/changelog"

RULES: tuple[UpgradeRule, ...] = (
    UpgradeRule(
        "modal-stub",
        "modal.Stub is called modal.App since Modal 0.62.",
        _MODAL_CHANGES,
        ("Stub",),
        StubIsApp,
        fixes="modal-name-gone",
        needs="modal",
    ),
    UpgradeRule(
        "modal-app-variable",
        "`modal deploy FILE` deploys the variable app; before Modal 0.62 it was stub.",
        _MODAL_CHANGES,
        ("stub",),
        AppVariable,
        fixes="modal-name-gone",
        needs="modal",
    ),
    UpgradeRule(
        "modal-web-endpoint",
        "@modal.web_endpoint is called @modal.fastapi_endpoint since Modal 0.73.82.",
        _MODAL_1,
        ("web_endpoint",),
        WebEndpoint,
        needs="modal",
    ),
    UpgradeRule(
        "modal-arguments",
        "Arguments of @app.function and @app.cls have other names since Modal 0.73 and 1.0.",
        _MODAL_1,
        ARGUMENTS,
        AppArguments,
        needs="modal",
    ),
    UpgradeRule(
        "modal-concurrent",
        "allow_concurrent_inputs is the decorator @modal.concurrent since Modal 1.0.",
        _MODAL_1,
        ("allow_concurrent_inputs",),
        ConcurrentInputs,
        needs="modal",
    ),
    UpgradeRule(
        "modal-copied-files",
        "Image.copy_local_* are Image.add_local_* with copy=True since Modal 1.0.",
        _MODAL_1,
        ("copy_local_",),
        CopiedFiles,
        needs="modal",
    ),
    UpgradeRule(
        "modal-mounts",
        "Files are added to an image, not mounted, since Modal 1.0.",
        _MODAL_1,
        ("Mount",),
        Mounts,
        fixes="modal-name-gone",
        needs="modal",
    ),
    UpgradeRule(
        "modal-own-modules",
        "Modal 1.0 adds to a container only the modules that its image names.",
        _MODAL_1,
        ("modal",),
        OwnModules,
        needs="modal",
    ),
    UpgradeRule(
        "modal-image-env",
        "Modal takes texts alone for the variables of an image.",
        "modal 1.6.4, modal/_image.py, Image.env",
        (".env(",),
        ImageEnvironment,
        needs="modal",
    ),
    UpgradeRule(
        "modal-objects",
        "Objects of Modal are asked for by from_name, and a GPU by a text.",
        _MODAL_1,
        ("lookup", "persisted", "gpu", ".new", "SharedVolume", "conda", "from_dockerhub", "build"),
        NamedObjects,
        needs="modal",
    ),
    UpgradeRule(
        "modal-timeout",
        "Modal ends an answer after 300 seconds by default; Poe waits for 600.",
        "https://modal.com/docs/guide/timeouts",
        ("stream_request", "get_bot_response", "get_final_response"),
        AnswerTime,
        fixes="host-timeout-short",
        needs="modal",
    ),
    UpgradeRule(
        "modal-one-at-a-time",
        "By default a container of Modal answers one request at a time.",
        "https://modal.com/docs/guide/concurrent-inputs",
        ("modal",),
        OneAtATime,
        fixes="host-one-at-a-time",
        needs="modal",
    ),
    UpgradeRule(
        "poe-handler",
        "PoeHandler is called PoeBot since fastapi_poe 0.0.11.",
        _SDK,
        ("PoeHandler", "handler"),
        HandlerIsBot,
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "poe-client-names",
        "MetaMessage is fp.MetaResponse, and BotMessage fp.PartialResponse.",
        _SDK,
        ("MetaMessage", "BotMessage"),
        ClientNames,
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "poe-arguments",
        "Arguments and settings of fastapi_poe have other names, or are no longer read.",
        _SDK,
        (
            "api_key",
            "access_key",
            "concat_attachments_to_message",
            "enable_multi_bot_chat_prompting",
            "context_clear",
        ),
        RenamedArguments,
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "get-response-request",
        "What get_response is given is called request since fastapi_poe 0.0.22.",
        "fastapi_poe 0.0.22, base.py",
        ("query",),
        RequestParameter,
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "query-is-a-list",
        "request.query is a list of messages; the user's newest is request.query[-1].",
        "https://creator.poe.com/docs/server-bots/poe-protocol-specification",
        (".query",),
        LastMessage,
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "stream-request",
        "stream_request is a function of fastapi_poe, not a method of the bot.",
        "https://creator.poe.com/docs/server-bots/accessing-other-bots-on-poe",
        ("self.stream_request",),
        OwnStreamRequest,
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "file-data-is-text",
        "file_data is bytes or a binary file; fastapi_poe took text until 0.0.56.",
        "fastapi_poe 0.0.57, base.py",
        ("file_data",),
        FileData,
        fixes="file-data-is-text",
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "empty-answer",
        "Every answer has a text, a file or an error.",
        "https://creator.poe.com/docs/server-bots/poe-protocol-specification",
        ("get_response",),
        SilentAnswer,
        fixes="empty-answer",
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "access-key-missing",
        "A bot that is open to all can be used by anyone; its key comes from the environment.",
        _SDK,
        ("allow_without_key",),
        OpenToAll,
        fixes="access-key-missing",
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "access-key-in-source",
        "A key belongs in the environment, not in the code.",
        "https://creator.poe.com/docs/server-bots/quick-start",
        ("access_key", "api_key"),
        KeyInSource,
        fixes="access-key-in-source",
        needs="fastapi_poe",
    ),
    UpgradeRule(
        "blocking-call",
        "A call that blocks an async function lets all other users wait.",
        "https://docs.python.org/3/library/asyncio-task.html#running-in-threads",
        ("requests", "subprocess", "sleep", "urlopen"),
        BlockingCalls,
        fixes="blocking-call",
        needs="async def",
    ),
    UpgradeRule(
        "pypdf2",
        "PyPDF2 is called pypdf since 2022.",
        "PyPDF2 3.0.1, its own description: development goes on as pypdf",
        ("PyPDF2",),
        Pypdf,
    ),
    UpgradeRule(
        REQUIREMENTS,
        "Packages in versions that exist together.",
        "the metadata of fastapi_poe (Requires-Python, Requires-Dist)",
        ("==", "<", "~=", "PyPDF2"),
        ImagePackages,
        needs="pip_install",
    ),
)


def rules_named(name: str) -> Sequence[UpgradeRule]:
    """One rule, or `all`. Raises UsageError for one that does not exist."""
    if name == "all":
        return RULES
    _check(name)
    return [rule for rule in RULES if rule.id == name]


def chosen_rules(only: Collection[str], skip: Collection[str]) -> Sequence[UpgradeRule]:
    """The rules to apply. Raises UsageError for one that does not exist."""
    for name in (*only, *skip):
        _check(name)
    return [rule for rule in RULES if rule.id in (only or _IDS) and rule.id not in skip]


_IDS = [rule.id for rule in RULES]


def _check(name: str) -> None:
    if name not in _IDS:
        near = closest(name, _IDS)
        raise UsageError(
            f"There is no rule {name!r}.",
            why=f"Did you mean {near!r}?" if near else "",
            hint="poe upgrade --explain all",
            id="no-such-rule",
        )
