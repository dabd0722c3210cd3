"""The type of a rule. The rules themselves are in `rules/catalog`."""

from __future__ import annotations

from dataclasses import dataclass

from poecli.upgrade.codemod import Codemod


@dataclass(frozen=True)
class UpgradeRule:
    """``title`` says what is different today; ``source`` is where that is written.

    A text without any of the ``words`` has nothing for the rule. ``mends`` is the rule of
    `poe check` whose faults it mends; "" when there is none.
    """

    id: str
    title: str
    source: str
    words: tuple[str, ...]
    codemod: type[Codemod]
    mends: str = ""
