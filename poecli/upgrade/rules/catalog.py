"""All rules, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from poecli.errors import UsageError
from poecli.suggestions import closest
from poecli.upgrade.rule import UpgradeRule
from poecli.upgrade.rules.modal_arguments import ARGUMENTS, AppArguments, ConcurrentInputs
from poecli.upgrade.rules.modal_names import AppVariable, StubIsApp, WebEndpoint

_MODAL_1 = "https://modal.com/docs/guide/modal-1-0-migration"
_MODAL_CHANGES = "https://modal.com/docs/reference/changelog"

RULES: tuple[UpgradeRule, ...] = (
    UpgradeRule(
        "modal-stub",
        "modal.Stub is called modal.App since Modal 0.62.",
        _MODAL_CHANGES,
        ("Stub",),
        StubIsApp,
        mends="modal-name-gone",
    ),
    UpgradeRule(
        "modal-app-variable",
        "`modal deploy FILE` deploys the variable app; before Modal 0.62 it was stub.",
        _MODAL_CHANGES,
        ("stub",),
        AppVariable,
        mends="modal-name-gone",
    ),
    UpgradeRule(
        "modal-web-endpoint",
        "@modal.web_endpoint is called @modal.fastapi_endpoint since Modal 0.73.82.",
        _MODAL_1,
        ("web_endpoint",),
        WebEndpoint,
    ),
    UpgradeRule(
        "modal-arguments",
        "Arguments of @app.function and @app.cls have other names since Modal 0.73 and 1.0.",
        _MODAL_1,
        ARGUMENTS,
        AppArguments,
    ),
    UpgradeRule(
        "modal-concurrent",
        "allow_concurrent_inputs is the decorator @modal.concurrent since Modal 1.0.",
        _MODAL_1,
        ("allow_concurrent_inputs",),
        ConcurrentInputs,
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
